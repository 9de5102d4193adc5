import type { Destination } from '@walkeros/core';
import { kafkaConfig, runFlow, type KafkaChoice } from '../flow-run.ts';
import { loadOurs } from '../ours.ts';
import { loadPeer } from '../peer.ts';
import type { Column, Part, Row, Target } from '../row.ts';
import { delayedSink, jsonSink, noopSink } from '../sinks.ts';

const ceiling = 'sink, 5 ms';
const peer = 'public destination, gzip';

/** Of parts that push through a collector. */
export const flowColumns: readonly Column[] = [
  { figure: 'rate', title: 'events/s', digits: 0 },
  { figure: 'cpu', title: 'CPU µs/event', digits: 1 },
  { figure: 'main', title: 'main thread', digits: 1 },
  { figure: 'rss', title: 'RSS MiB', digits: 0 },
];

export const flow: Part = {
  title: 'In a flow',
  method: 'One destination in a real collector, one push per event, 1,000 pushes in flight.',
  events: 100_000,
  quickEvents: 3_000,
  publicOnly: true,
  columns: flowColumns,
  rows: [
    sink('sink, no-op', noopSink),
    sink(ceiling, delayedSink),
    sink('sink, 5 ms, that writes JSON', jsonSink),
    {
      name: peer,
      share: 0.2,
      run: async (context) => runFlow(context, loadPeer(), kafkaConfig(context, { compression: 'gzip' })),
    },
    ours('platformatic', 'gzip'),
    idempotent('platformatic'),
    ours('platformatic', 'lz4'),
    ours('platformatic', 'none'),
    ours('kafkajs', 'gzip'),
    idempotent('kafkajs'),
    ours('kafkajs', 'none'),
  ],
  targets: [
    target('ours platformatic, gzip', ceiling, 0.85),
    target('ours platformatic, lz4', ceiling, 0.92),
    target('ours platformatic, gzip', peer, 8),
    target('ours kafkajs, gzip', ceiling, 0.7),
    target('ours platformatic, gzip, idempotent', 'ours platformatic, gzip', 0.95),
    target('ours kafkajs, gzip, idempotent', 'ours kafkajs, gzip', 0.95),
  ],
};

function sink(name: string, code: Destination.Instance): Row {
  return {
    name,
    run: async (context) => ({ ...(await runFlow(context, code)), stored: 0 }),
  };
}

function ours(
  client: NonNullable<KafkaChoice['client']>,
  compression: NonNullable<KafkaChoice['compression']>,
): Row {
  return {
    name: `ours ${client}, ${compression}`,
    run: async (context) => runFlow(context, await loadOurs(), kafkaConfig(context, { client, compression })),
  };
}

/** Beside the row without, in each round: what it costs that nothing is stored twice. */
function idempotent(client: NonNullable<KafkaChoice['client']>): Row {
  return {
    name: `ours ${client}, gzip, idempotent`,
    run: async (context) =>
      runFlow(
        context,
        await loadOurs(),
        kafkaConfig(context, { client, compression: 'gzip', idempotent: true }),
      ),
  };
}

function target(row: string, against: string, limit: number): Target {
  return { row, figure: 'rate', against, bound: 'at least', limit };
}
