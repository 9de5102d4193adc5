import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import { startKafka } from '../../scripts/kafka/launch.ts';
import {
  alterTopic,
  createTopic,
  deleteTopic,
  describeTopic,
  growTopic,
} from '../../scripts/kafka/topics.ts';
import { openSpool } from '../../src/spool/open.ts';
import { readSpool } from '../../src/spool/status.ts';
import { createClient } from '../../src/transport/create.ts';
import type { BatchSequence } from '../../src/model/partition.ts';
import type { KafkaRecord } from '../../src/model/record.ts';
import type { Settings } from '../../src/types.ts';
import { freshTopic } from '../support/broker.ts';
import { clientOptions } from '../support/client-options.ts';
import { eventually } from '../support/eventually.ts';
import { runFlow } from '../support/flow.ts';
import { account, numbered } from '../support/load.ts';
import { proxiedKafka } from '../support/proxied-kafka.ts';
import { readBack } from '../support/reader.ts';
import { tempFolder } from '../support/temp.ts';
import { killedRounds } from './killed-rounds.ts';
import { mayBeDoubled, restored } from '../unit/producer/in-doubt-harness.ts';

const { proxy, kafka, topicOf } = await proxiedKafka();

const clients = ['platformatic', 'kafkajs'] as const;

interface Left {
  readonly brokers?: readonly string[];
  readonly values?: readonly string[];
  readonly times?: readonly number[];
  readonly partition?: number;
  /** What the broker has had of the producer before; in place of the batch itself. */
  readonly before?: readonly {
    readonly firstSequence: number;
    readonly epoch: number;
    readonly records: number;
  }[];
  readonly firstSequence?: number;
  readonly notedAt?: Date;
}

/** A spool as a killed process leaves it: one batch in doubt, which the broker has. */
async function left(
  topic: string,
  { brokers = kafka.direct, values = ['a', 'b', 'c'], times = [], ...left }: Left = {},
) {
  const { partition = 0, firstSequence = 0, before, notedAt = new Date() } = left;
  const path = join(tempFolder(), 'spool.db');
  const client = await createClient('platformatic', {
    ...clientOptions,
    brokers: [...brokers],
    requestTimeout: 10_000,
    connectTimeout: 5_000,
  });
  // A broker that has just started cannot say yet.
  const { producerId } = await eventually('there is a producer id', () => client.initProducerId());
  const records = values.map((value, index): KafkaRecord => ({
    ...{ topic, key: Buffer.from('k'), value: Buffer.from(value), headers: {} },
    timestamp: times[index] ?? 1_700_000_000_000 + index,
  }));
  const send = async (sent: readonly KafkaRecord[], sequence: BatchSequence): Promise<void> => {
    await client.metadata(topic);
    assert.deepEqual(await client.produce([{ topic, partition, records: sent, sequence }]), [
      { kind: 'stored' },
    ]);
  };
  if (before === undefined) await send(records, { producerId, producerEpoch: 0, firstSequence });
  for (const { firstSequence, epoch, records: count } of before ?? [])
    await send(
      Array.from({ length: count }, () => ({ ...records[0], value: Buffer.from('before') }) as KafkaRecord),
      { producerId, producerEpoch: epoch, firstSequence },
    );
  await client.close();
  const file = await openSpool({ path, maxBytes: 100_000_000 }, () => undefined);
  await Promise.all(
    records.map(
      (record, index) =>
        new Promise<void>((resolve) => file.append(index + 1, record, partition, () => resolve())),
    ),
  );
  const ids = records.map((_, index) => index + 1);
  const batch = { topic, partition, producerId, producerEpoch: 0, firstSequence, ids, records, notedAt };
  await new Promise<void>((resolve) => file.noteInDoubt([batch], resolve));
  await file.close();
  return path;
}

/** A flow on the spool, until that is empty. @returns what it logged of batches in doubt */
async function finish(
  t: TestContext,
  topic: string,
  path: string,
  {
    client = 'platformatic',
    brokers = kafka.direct,
    ...more
  }: { client?: (typeof clients)[number]; brokers?: readonly string[] } & Partial<Settings> = {},
): Promise<string[]> {
  const flow = await runFlow({
    ...more,
    kafka: { brokers: [...brokers], topic, client, key: 'data.key', idempotent: true },
    spool: { path, mode: 'always' },
  });
  t.after(() => flow.stop());
  assert.equal((await flow.push(numbered(0, 1))).ok, true);
  await eventually('the spool is empty', async () => (await readSpool(path)).records === 0, {
    timeoutMs: 60_000,
  });
  await flow.stop();
  return flow.log
    .filter((line) => line.includes('in flight when') || line.includes('stored twice. '))
    .map((line) => line.replace(/^\w+/, (level) => level.toLowerCase()));
}

/** The values in the topic but those of the flow's own event. */
async function valuesOf(topic: string, brokers = kafka.direct): Promise<string[]> {
  const stored = await readBack(brokers, topic);
  return stored.map(({ value }) => String(value)).filter((value) => !value.startsWith('{'));
}

describe('a batch in doubt, on a real broker', () => {
  for (const client of clients)
    it(`is sent again under its old sequence and stored once: ${client}`, async (t) => {
      const topic = await topicOf('again');
      assert.deepEqual(await finish(t, topic, await left(topic), { client }), [restored(0, 3, topic)]);
      assert.deepEqual(await valuesOf(topic), ['a', 'b', 'c']);
    });

  for (const client of clients)
    it(`is recognised across the last sequence: ${client}`, async (t) => {
      const topic = await topicOf('wrap');
      const path = await left(topic, { firstSequence: 2 ** 31 - 2 });
      assert.deepEqual(await finish(t, topic, path, { client }), [restored(0, 3, topic)]);
      assert.deepEqual(await valuesOf(topic), ['a', 'b', 'c']);
    });

  it('goes to its old partition of a topic that has grown', async (t) => {
    const topic = await topicOf('grown');
    const path = await left(topic);
    await growTopic(kafka.direct, topic, 5);
    assert.deepEqual(await finish(t, topic, path), [restored(0, 3, topic)]);
    assert.deepEqual(await valuesOf(topic), ['a', 'b', 'c']);
  });

  for (const [partitions, lines] of [
    [3, (topic: string) => [restored(2, 3, topic)]],
    [1, (topic: string) => [mayBeDoubled(2, 3, topic)]],
  ] as const)
    it(`is stored in a topic that was made anew with ${partitions} of 3 partitions`, async (t) => {
      const topic = await topicOf('anew', { partitions: 3 });
      const path = await left(topic, { partition: 2 });
      await deleteTopic(kafka.direct, topic);
      await eventually('it is gone', async () => !(await describeTopic(kafka.direct, topic)));
      await createTopic(kafka.direct, topic, { partitions });
      assert.deepEqual(await finish(t, topic, path), lines(topic));
      assert.deepEqual(await valuesOf(topic), ['a', 'b', 'c']);
    });

  // A log that was truncated after an unclean election answers in the same way: records before are missing.
  it('is stored, and told as doubtful, where the broker answers OUT_OF_ORDER_SEQUENCE_NUMBER', async (t) => {
    const topic = await topicOf('gap');
    const path = await left(topic, {
      before: [{ firstSequence: 0, epoch: 0, records: 2 }],
      firstSequence: 7,
    });
    assert.deepEqual(await finish(t, topic, path), [restored(0, 3, topic), mayBeDoubled(0, 3, topic)]);
    assert.deepEqual(await valuesOf(topic), ['before', 'before', 'a', 'b', 'c']);
  });

  it('is stored, and told as doubtful, where its producer was fenced', async (t) => {
    const topic = await topicOf('fenced');
    const path = await left(topic, {
      before: [{ firstSequence: 0, epoch: 1, records: 1 }],
      firstSequence: 1,
    });
    assert.deepEqual(await finish(t, topic, path), [restored(0, 3, topic), mayBeDoubled(0, 3, topic)]);
    assert.deepEqual(await valuesOf(topic), ['before', 'a', 'b', 'c']);
  });

  it('is halved, and told as doubtful, where it is too large by now', async (t) => {
    const topic = await topicOf('large');
    // Compressed they are as large.
    const values = Array.from({ length: 8 }, () => randomBytes(3_000).toString('base64'));
    const path = await left(topic, { values, before: [] });
    await alterTopic(kafka.direct, topic, { 'max.message.bytes': '12000' });
    assert.deepEqual(await finish(t, topic, path), [restored(0, 8, topic), mayBeDoubled(0, 8, topic)]);
    assert.deepEqual(await valuesOf(topic), values);
  });

  it('has a record that the broker refuses by now: that one is a dead letter, the others are stored', async (t) => {
    const [topic, dead] = [await topicOf('refused'), await topicOf('dead')];
    const now = Date.now();
    const path = await left(topic, { times: [now, now - 86_400_000, now], before: [] });
    await alterTopic(kafka.direct, topic, { 'message.timestamp.before.max.ms': '3600000' });
    const event = numbered(0, 1);
    const flow = await runFlow({
      kafka: { brokers: kafka.direct, topic, key: 'data.key', idempotent: true },
      spool: { path, mode: 'always' },
      deadLetter: { topic: dead },
    });
    t.after(() => flow.stop());
    await flow.push({ ...event, timestamp: now });
    await eventually('the spool is empty', async () => (await readSpool(path)).records === 0, {
      timeoutMs: 60_000,
    });
    await flow.stop();
    assert.deepEqual(await valuesOf(topic), ['a', 'c']);
    assert.deepEqual(await valuesOf(dead), ['b']);
    assert.ok(flow.log.includes(mayBeDoubled(0, 3, topic).replace('warn', 'WARN')), flow.log.join('\n'));
  });

  it('is told as doubtful once where it was left more than a day ago', async (t) => {
    const topic = await topicOf('old');
    const path = await left(topic, { notedAt: new Date(Date.now() - 86_460_000) });
    assert.deepEqual(await finish(t, topic, path), [restored(0, 3, topic), mayBeDoubled(0, 3, topic)]);
    assert.deepEqual(await valuesOf(topic), ['a', 'b', 'c']);
  });

  // The one thing that nobody can see: the broker takes the batch for the first of a new producer.
  it('is stored at least once where the broker has forgotten its producer sooner than by default', async (t) => {
    const forgetful = await startKafka({
      config: { 'producer.id.expiration.ms': '1000', 'producer.id.expiration.check.interval.ms': '200' },
    });
    t.after(() => forgetful.stop());
    const { brokers } = forgetful;
    const topic = await freshTopic('forgotten', { brokers });
    const path = await left(topic, { brokers });
    await pass(3_000);
    assert.deepEqual(await finish(t, topic, path, { brokers }), [restored(0, 3, topic)]);
    assert.deepEqual(await valuesOf(topic, brokers), ['a', 'b', 'c', 'a', 'b', 'c']);
  });
});

describe('kill -9 with idempotent and a spool in mode always', () => {
  for (const client of clients)
    it(`four times under load, twice with requests that nobody answers: all is stored once, in order (${client})`, async (t) => {
      const topic = await topicOf('once', { partitions: 3 });
      const folder = tempFolder();
      const path = join(folder, 'spool.db');
      const settings: Settings = {
        kafka: { brokers: [proxy.address], topic, client, key: 'data.key', idempotent: true },
        spool: { path, mode: 'always' },
      };
      const strike = async (round: number): Promise<void> => {
        await pass(300 + 300 * Math.random());
        if (round % 2 === 1) proxy.blackHole();
        await pass(100);
      };
      const recover = (): void => {
        proxy.reset();
        proxy.heal();
      };
      const lines = await killedRounds(t, settings, 4, strike, recover);
      const flow = await runFlow(settings);
      t.after(() => flow.stop());
      await flow.push(numbered(9_000_000, 30));
      await eventually('the spool is empty', async () => (await readSpool(path)).records === 0, {
        timeoutMs: 60_000,
      });
      await flow.stop();
      const stored = await readBack(kafka.direct, topic, { count: lines.length });
      t.diagnostic(`${lines.length} acknowledged, ${stored.length} stored`);
      assert.deepEqual(account(stored, lines.map(Number)), { lost: [], duplicates: 0, disordered: [] });
      assert.deepEqual(
        flow.log.filter((line) => line.includes('stored twice. They')),
        [],
      );
    });
});
