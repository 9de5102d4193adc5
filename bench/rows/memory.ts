import type { Destination } from '@walkeros/core';
import { nth } from '../data.ts';
import { openEngine } from '../engine-run.ts';
import { kafkaConfig, type KafkaChoice } from '../flow-run.ts';
import { flowPush, runFrozen, runLong } from '../memory-run.ts';
import { loadOurs } from '../ours.ts';
import { readRecords } from '../records.ts';
import type { KafkaRecord } from '../../src/model/record.ts';
import type { Part, Row } from '../row.ts';

type Client = NonNullable<KafkaChoice['client']>;

const bufferMemoryMiB = 32;
/** The default of a flow without spool. */
const deliveryTimeout = 30_000;
/** Deadlines are looked at every 100 ms, and a hundred thousand that end together take the collector a while. Seconds. */
const settledWithin = 32;

/** What a hundred thousand pushes cost the collector, whoever keeps them waiting. */
const silentSink: Destination.Instance = {
  type: 'silent',
  config: {},
  push: () =>
    new Promise<void>((_, reject) => setTimeout(() => reject(new Error('no answer')), deliveryTimeout)),
};

const frozenSink = 'frozen, a sink that is silent for 30 s';

export const memory: Part = {
  title: 'Memory',
  method:
    'Long: 1,000 in flight through a collector; growth is the median RSS of the last tenth of the time over that of the fifth. ' +
    'Frozen: a tenth as many pushes while the broker is stopped; growth is the peak RSS over the one before. MiB and seconds.',
  events: 1_000_000,
  quickEvents: 20_000,
  columns: [
    { figure: 'growth', title: 'growth MiB', digits: 0 },
    { figure: 'peak', title: 'peak MiB', digits: 0 },
    { figure: 'slowest', title: 'slowest push s', digits: 1 },
  ],
  rows: [
    long('platformatic'),
    long('kafkajs'),
    {
      name: frozenSink,
      share: 0.1,
      run: (context) => runFrozen(context, () => flowPush(silentSink, { timeout: 37_500 })),
    },
    frozenEngine('platformatic'),
    frozenEngine('kafkajs'),
    frozen('platformatic'),
    frozen('kafkajs'),
  ],
  targets: (['platformatic', 'kafkajs'] as const).flatMap((client) => [
    { row: `long, ${client}`, figure: 'growth', bound: 'at most', limit: 50, unit: ' MiB' },
    {
      row: `frozen, engine ${client}`,
      figure: 'growth',
      bound: 'at most',
      limit: bufferMemoryMiB + 150,
      unit: ' MiB',
    },
    {
      row: `frozen, engine ${client}`,
      figure: 'slowest',
      bound: 'at most',
      limit: settledWithin,
      unit: ' s',
    },
    {
      row: `frozen, flow ${client}`,
      figure: 'growth',
      beyond: frozenSink,
      bound: 'at most',
      limit: bufferMemoryMiB + 150,
      unit: ' MiB',
    },
    { row: `frozen, flow ${client}`, figure: 'slowest', bound: 'at most', limit: settledWithin, unit: ' s' },
  ]),
};

function long(client: Client): Row {
  return {
    name: `long, ${client}`,
    run: async (context) => runLong(context, await loadOurs(), kafkaConfig(context, { client })),
  };
}

function frozen(client: Client): Row {
  return {
    name: `frozen, flow ${client}`,
    share: 0.1,
    run: (context) =>
      runFrozen(context, async (own) => flowPush(await loadOurs(), kafkaConfig(own, { client }))),
  };
}

/** What is ours to bound: the collector keeps far more for each push that waits. */
function frozenEngine(client: Client): Row {
  return {
    name: `frozen, engine ${client}`,
    share: 0.1,
    run: (context) =>
      runFrozen(context, async (own) => {
        const records = readRecords(own.topic);
        const { delivery } = await openEngine(own, { client, deliveryTimeout });
        return (index) => delivery.send(copyOf(nth(records, index)));
      }),
  };
}

/** Each push brings bytes of its own; records that shared theirs would weigh nothing. */
function copyOf(record: KafkaRecord): KafkaRecord {
  return { ...record, key: Buffer.from(record.key), value: Buffer.from(record.value) };
}
