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
function silentSink(isFrozen: () => boolean): Destination.Instance {
  return {
    type: 'silent',
    config: {},
    push: () =>
      isFrozen()
        ? new Promise<void>((_, reject) => setTimeout(() => reject(new Error('no answer')), deliveryTimeout))
        : undefined,
  };
}

const frozenSink = 'frozen, a sink that is silent for 30 s';
const heldRecords = 'frozen, records that are held for 30 s';

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
      run: (context) =>
        runFrozen(context, (_, isFrozen) => flowPush(silentSink(isFrozen), { timeout: 37_500 })),
    },
    {
      name: heldRecords,
      share: 0.1,
      run: (context) => runFrozen(context, (own, isFrozen) => Promise.resolve(heldPush(own.topic, isFrozen))),
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

/** What pushes hold by themselves, without an engine: the bytes of their records, and their promises. All end together. */
function heldPush(topic: string, isFrozen: () => boolean): (index: number) => Promise<void> {
  const records = readRecords(topic);
  const held: { readonly record: KafkaRecord; readonly reject: (error: Error) => void }[] = [];
  const endAll = (): void => {
    const error = new Error('no answer');
    for (const { reject } of held.splice(0)) reject(error);
  };
  return (index) =>
    new Promise((resolve, reject) => {
      const record = copyOf(nth(records, index));
      if (!isFrozen()) return setImmediate(resolve);
      if (held.length === 0) setTimeout(endAll, deliveryTimeout);
      held.push({ record, reject });
    });
}

/** What is ours to bound: the collector keeps far more for each push that waits. */
function frozenEngine(client: Client): Row {
  return {
    name: `frozen, engine ${client}`,
    share: 0.1,
    run: (context) =>
      runFrozen(context, async (own) => {
        const records = readRecords(own.topic);
        const { producer } = await openEngine(own, { client, deliveryTimeout });
        return (index) => producer.send(copyOf(nth(records, index)));
      }),
  };
}

/** Each push brings bytes of its own; records that shared theirs would weigh nothing. */
function copyOf(record: KafkaRecord): KafkaRecord {
  return {
    ...record,
    key: record.key && Buffer.from(record.key),
    value: record.value && Buffer.from(record.value),
  };
}
