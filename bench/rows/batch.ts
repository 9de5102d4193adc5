import { batchSize, runBatchFlow } from '../batch-run.ts';
import { kafkaConfig, type KafkaChoice } from '../flow-run.ts';
import { loadOurs } from '../ours.ts';
import type { Destination } from '@walkeros/core';
import type { Part, Row, Target } from '../row.ts';
import { batchSink, jsonBatchSink } from '../sinks.ts';

const ceiling = 'batch sink, 5 ms';

export const batch: Part = {
  title: 'In a flow, with config.batch',
  method: `As before with batches of ${String(batchSize)}; 1,000 events unanswered. (The public destination takes no batches.)`,
  events: 100_000,
  quickEvents: 3_000,
  publicOnly: true,
  columns: [
    { figure: 'rate', title: 'events/s', digits: 0 },
    { figure: 'cpu', title: 'CPU µs/event', digits: 1 },
    { figure: 'rss', title: 'RSS MiB', digits: 0 },
  ],
  rows: [
    sink(ceiling, batchSink),
    sink('batch sink, 5 ms, that writes JSON', jsonBatchSink),
    ours('platformatic', 'gzip'),
    ours('platformatic', 'lz4'),
    ours('platformatic', 'none'),
    ours('kafkajs', 'gzip'),
    ours('kafkajs', 'none'),
  ],
  targets: [
    target('ours platformatic, gzip', 0.85),
    target('ours platformatic, lz4', 0.92),
    target('ours kafkajs, gzip', 0.7),
  ],
};

function sink(name: string, code: Destination.Instance): Row {
  return {
    name,
    run: async (context) => ({ ...(await runBatchFlow(context, code, {})), stored: 0 }),
  };
}

function ours(
  client: NonNullable<KafkaChoice['client']>,
  compression: NonNullable<KafkaChoice['compression']>,
): Row {
  return {
    name: `ours ${client}, ${compression}`,
    run: async (context) =>
      runBatchFlow(context, await loadOurs(), kafkaConfig(context, { client, compression })),
  };
}

function target(row: string, limit: number): Target {
  return { row, figure: 'rate', against: ceiling, bound: 'at least', limit };
}
