import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Producer } from '../../../src/producer/producer.ts';
import type { ProducerSettings } from '../../../src/producer/ports.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import { noLeader, type PartitionBatch } from '../../../src/model/partition.ts';
import type { KafkaRecord } from '../../../src/model/record.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MemoryDisk, MemorySpool } from '../../support/memory-spool.ts';
import { outcomeOf } from './answers.ts';
import { defaults, noProducerId, record, watch } from './harness.ts';

const keyless = (value: string): KafkaRecord => ({ ...record(value), key: null });

/** Brokers 0, 1 and 2 lead the partitions by turns, and take 10 ms for a request unless they are slow. A frozen one takes 18 s. */
function setUp(
  partitions: number,
  settings: Partial<ProducerSettings> = {},
  disk?: MemoryDisk,
  leaders = Array.from({ length: partitions }, (_, partition) => partition % 3),
) {
  const clock = new FakeClock();
  const frozen = new Set<number>();
  /** Milliseconds for a request, by broker. */
  const slow = new Map<number, number>();
  const logs = leaders.map(() => [] as string[]);
  /** How many records each batch had that was stored. */
  const batches: number[] = [];
  /** What a partition answers instead. */
  const answers = new Map<number, Outcome>();

  async function produce(sent: readonly PartitionBatch[]): Promise<Outcome[]> {
    const broker = leaders[sent[0]?.partition ?? 0] ?? 0;
    const isLost = frozen.has(broker);
    await new Promise<void>((resolve) => clock.after(isLost ? 18_000 : (slow.get(broker) ?? 10), resolve));
    return sent.map(({ partition, records }) => {
      const answer = answers.get(partition);
      if (answer !== undefined) return answer;
      if (isLost) return outcomeOf('lost-request');
      batches.push(records.length);
      logs[partition]?.push(...records.map(({ value }) => String(value).trim()));
      return { kind: 'stored' };
    });
  }

  const file = new MemorySpool({
    disk: disk ?? new MemoryDisk(),
    maxBytes: 1_000_000_000,
    synced: (task) => clock.after(5, task),
  });
  const producer = new Producer(
    { produce, initProducerId: noProducerId, metadata: () => Promise.resolve({ leaders: [...leaders] }) },
    { ...defaults, deliveryTimeout: 30_000, ...settings, spool: disk && { file, always: true } },
    { clock, notify: () => undefined, random: () => 0, date: () => new Date(0) },
  );
  const send = (...values: string[]) => watch(values.map((value) => producer.send(keyless(value))));
  return { clock, leaders, frozen, slow, logs, batches, answers, producer, send };
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `${from + index}`);

describe('records without a key', () => {
  it('stay with a partition for the bytes of a batch, and then go to the next', async () => {
    // Ten records of 25 bytes each.
    const { clock, logs, send } = setUp(3, { batchSize: 250 });
    const fates = send(...numbers(0, 10), ...numbers(0, 10), ...numbers(0, 10), '0');
    await clock.advance(100);
    assert.deepEqual([...new Set(fates)], ['stored']);
    assert.deepEqual(logs, [[...numbers(0, 10), '0'], numbers(0, 10), numbers(0, 10)]);
  });

  it('lie within a tenth of even, in batches as large as those of keys: 20,000 over six partitions', async () => {
    const batchesOf = async (contentOf: (index: number) => KafkaRecord) => {
      const { clock, logs, batches, producer } = setUp(6);
      let pushed = 0;
      const next = (): void => {
        if (pushed < 20_000) void producer.send(contentOf(pushed++)).then(next);
      };
      for (let open = 0; open < 1_000; open++) next();
      while (logs.reduce((sum, { length }) => sum + length, 0) < 20_000) await clock.advance(10);
      return { counts: logs.map(({ length }) => length), batches: batches.length };
    };
    const value = 'x'.repeat(500);
    const keyed = await batchesOf((index) => record(value, { key: `user-${index % 5_000}` }));
    const spread = await batchesOf(() => keyless(value));
    assert.ok(spread.batches <= keyed.batches, `${spread.batches} batches, and ${keyed.batches} with keys`);
    for (const count of spread.counts)
      assert.ok(
        count >= 3_000 && count <= 3_666,
        `of ${spread.counts.join()} each is within a tenth of 3,333`,
      );
  });

  it('go less to a broker that is slow, and not at all to partitions without a leader', async () => {
    const { clock, leaders, slow, logs, send } = setUp(4, { batchSize: 250 });
    leaders[1] = noLeader;
    slow.set(2, 200);
    for (let round = 0; round < 60; round++) {
      send(...numbers(0, 10));
      await clock.advance(20);
    }
    await clock.advance(1_000);
    assert.deepEqual(
      logs.map(({ length }) => length),
      [270, 0, 70, 260],
    );
  });

  it('do not wait for a frozen broker: what was not sent to it yet goes to others within little more than a second', async () => {
    const { clock, frozen, logs, send } = setUp(3, { batchSize: 2_500 });
    const first = send('0');
    await clock.advance(100);
    frozen.add(0);
    // The first is in flight when it freezes, the others wait behind it.
    const stuck = send('1');
    await clock.advance(50);
    const waiting = send(...numbers(2, 30));
    await clock.advance(1_200);
    assert.deepEqual([first, stuck], [['stored'], ['pending']]);
    assert.deepEqual([...new Set(waiting)], ['stored']);
    const later: string[][] = [];
    for (let round = 0; round < 100; round++) {
      later.push(send(...numbers(0, 10)));
      await clock.advance(50);
    }
    assert.deepEqual([...new Set(later.flat())], ['stored']);
    // What may have been written goes nowhere else.
    assert.deepEqual(stuck, ['pending']);
    frozen.delete(0);
    await clock.advance(20_000);
    assert.deepEqual(stuck, ['stored']);
    assert.deepEqual(logs[0]?.slice(0, 2), ['0', '1']);
    const stored = logs.flat();
    assert.equal(stored.length, 1_030);
  });

  it('keep their tries where a broker has answered: only what was never sent leaves', async () => {
    const { clock, answers, logs, send } = setUp(3, { batchSize: 2_500 });
    answers.set(0, outcomeOf('busy'));
    const refused = send('0');
    await clock.advance(50);
    const behind = send('1');
    await clock.advance(150);
    assert.deepEqual([refused, behind], [['pending'], ['stored']]);
    answers.clear();
    await clock.advance(1_000);
    assert.deepEqual(refused, ['stored']);
    assert.deepEqual(logs, [['0'], ['1'], []]);
  });

  it('leave those with a key behind the frozen broker, in their order', async () => {
    const { clock, frozen, logs, producer, send } = setUp(3);
    await clock.advance(0);
    send('0');
    await clock.advance(100);
    frozen.add(0);
    send('1');
    await clock.advance(50);
    // Its partition is 0 of 3.
    const keyed = watch(['a', 'b', 'c'].map((value) => producer.send(record(value, { key: 'key-1' }))));
    const mixed = send('2', '3');
    await clock.advance(1_200);
    assert.deepEqual(mixed, ['stored', 'stored']);
    assert.deepEqual([...new Set(keyed)], ['pending']);
    frozen.delete(0);
    await clock.advance(20_000);
    assert.deepEqual(logs[0], ['0', '1', 'a', 'b', 'c']);
  });
});

describe('records without a key on the disk', () => {
  it('come back to any partition that can be sent to, each once', async () => {
    const disk = new MemoryDisk();
    const none = [noLeader, noLeader, noLeader];
    const before = setUp(3, { batchSize: 250 }, disk, none);
    const fates = before.send(...numbers(0, 100));
    await before.clock.advance(100);
    assert.deepEqual([...new Set(fates), disk.rows.size], ['stored', 100]);
    const { clock, logs, send } = setUp(3, { batchSize: 250 }, disk, [0, noLeader, noLeader]);
    send('100');
    await clock.advance(3_000);
    assert.deepEqual(
      logs.map((log) => log.toSorted((one, other) => Number(one) - Number(other))),
      [numbers(0, 101), [], []],
    );
    assert.equal(disk.rows.size, 0);
  });

  it('are fetched once, though memory had let go of some that had moved', async () => {
    const disk = new MemoryDisk();
    const { clock, leaders, logs, send } = setUp(3, { batchSize: 250, bufferMemory: 2_000 }, disk);
    leaders.fill(noLeader);
    send(...numbers(0, 200));
    for (let round = 0; round < 40; round++) {
      leaders.forEach(
        (_, partition) => (leaders[partition] = partition === round % 3 ? partition : noLeader),
      );
      await clock.advance(700);
      send(...numbers(200 + round * 10, 210 + round * 10));
    }
    await clock.advance(60_000);
    assert.deepEqual(
      logs.flat().toSorted((one, other) => Number(one) - Number(other)),
      numbers(0, 600),
    );
    assert.equal(disk.rows.size, 0);
  });
});
