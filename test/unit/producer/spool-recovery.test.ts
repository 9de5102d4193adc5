import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Producer } from '../../../src/producer/producer.ts';
import type { ProducerClient, ProducerSettings } from '../../../src/producer/ports.ts';
import { MemoryDisk, MemorySpool } from '../../support/memory-spool.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import { noLeader } from '../../../src/model/partition.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { defaults, keyOf, record, refused, watch, noProducerId } from './harness.ts';
import { start } from './spool-harness.ts';

describe('records that were spooled before their partition was known', () => {
  it('are found again once memory has let go of them, and in order', async () => {
    const { clock, cluster, producer, kept, stored } = start({ bufferMemory: 20_000, batchSize: 1_000 });
    const { values, push } = crowdOf(125, producer);
    cluster.cutOff();
    const early = push(0, 80);
    await clock.advance(7_500);
    // The metadata is there, and the partition has no leader yet.
    cluster.moveLeader('events', 0, -1);
    cluster.restore();
    await clock.advance(8_000);
    const crowd = push(80, 120);
    await clock.advance(9_000);
    cluster.moveLeader('events', 0, 1);
    await clock.advance(120_000);
    const late = push(120, 125);
    await clock.advance(60_000);
    assert.deepEqual([...new Set([...early, ...crowd, ...late])], ['stored']);
    assert.deepEqual([stored(), kept()], [values, []]);
  });
});

describe('records on the disk, while a batch of a partition that is no more is out', () => {
  it('come behind it, and behind what waits in memory', async () => {
    const gates: (() => void)[] = [];
    let gated = true;
    const { clock, cluster, producer, kept, stored } = start(
      { bufferMemory: 410 },
      {
        topics: { events: 6 },
        brokers: 3,
        onProduce: () => (gated ? new Promise<void>((resolve) => gates.push(resolve)) : undefined),
      },
    );
    const [key, other] = [keyOf(5), keyOf(3)];
    const push = (value: string, key: string) => producer.send(record(value.padEnd(95), { key }));
    const pushes = [push('1', key)];
    await clock.advance(10);
    gated = false;
    cluster.deleteTopic('events');
    cluster.createTopic('events', 2);
    pushes.push(push('other', other));
    await clock.advance(10);
    pushes.push(push('2', key), push('3', key), push('4', key));
    await clock.advance(50);
    assert.deepEqual(
      kept().map((value) => value.trim()),
      ['4'],
    );
    await clock.advance(500);
    for (const open of gates) open();
    await clock.advance(5_000);
    await Promise.all(pushes);
    assert.deepEqual(
      stored()
        .map((value) => value.trim())
        .filter((value) => value !== 'other'),
      ['1', '2', '3', '4'],
    );
  });
});

describe('what an earlier process left, on a disk that fails', () => {
  async function leave(count: number) {
    const { clock, cluster, producer, disk } = start();
    cluster.cutOff();
    watch(Array.from({ length: count }, (_, index) => producer.send(record(`${index}`))));
    await clock.advance(8_000);
    await Promise.all([producer.close(10), clock.advance(20)]);
    return disk;
  }

  it('is delivered once the disk can be written again', async () => {
    const disk = await leave(3);
    disk.fault = new Error('database or disk is full');
    const { clock, kinds, stored } = start({ disk });
    await clock.advance(5_000);
    assert.deepEqual([stored(), [...new Set(kinds())]], [[], ['spool-left', 'spool-failed']]);
    disk.fault = undefined;
    await clock.advance(2_000);
    assert.deepEqual(stored(), ['0', '1', '2']);
  });

  it('is delivered once the disk can be read again', async () => {
    const disk = await leave(3);
    disk.unreadable = new Error('database disk image is malformed');
    const { clock, notices, stored } = start({ disk });
    await clock.advance(5_000);
    assert.deepEqual(stored(), []);
    const [failure] = notices.flatMap((notice) => (notice.kind === 'spool-failed' ? [notice.error] : []));
    assert.match(failure?.message ?? '', /could not be read \(database disk image is malformed\)/);
    disk.unreadable = undefined;
    await clock.advance(2_000);
    assert.deepEqual(stored(), ['0', '1', '2']);
  });

  it('is left alone when the destination closes meanwhile', async () => {
    const { clock, producer, file, kinds } = start({ disk: await leave(3_000) });
    await producer.close(0);
    await file.close();
    await clock.advance(2_000);
    assert.deepEqual([kinds(), clock.pending], [['spool-left'], 0]);
  });

  // Whatever was pushed went to the disk behind it, its push told "stored", until the disk was full.
  it('is delivered though the topic is asked about while the disk fails', async () => {
    const clock = new FakeClock();
    const disk = await leave(3);
    const file = new MemorySpool({ disk, maxBytes: 1e6, synced: (task) => clock.after(5, task) });
    const stored: string[] = [];
    let leader = noLeader;
    const producer = deliveryOver(
      {
        metadata: () => Promise.resolve({ leaders: [leader] }),
        produce: (batches) => {
          stored.push(...batches.flatMap(({ records }) => records.map(({ value }) => String(value))));
          return Promise.resolve(batches.map(() => ({ kind: 'stored' })));
        },
        initProducerId: noProducerId,
      },
      { spool: { file, always: false } },
      clock,
    );
    disk.fault = new Error('EIO');
    await clock.advance(200);
    disk.fault = undefined;
    await clock.advance(5_000);
    leader = 1;
    await clock.advance(5_000);
    await Promise.all([producer.send(record('new')), clock.advance(5_000)]);
    assert.deepEqual([stored, disk.rows.size], [['0', '1', '2', 'new'], 0]);
  });
});

describe('a refused record of the spool, while it is open whether its dead letter is taken', () => {
  it('is not sent again', async () => {
    const busy = {
      kind: 'retriable',
      error: refused('BROKER_BUSY'),
      refresh: false,
      mayHaveBeenWritten: false,
    } as const;
    const { clock, cluster, producer, kept, stored } = start(
      { bufferMemory: 20_000, batchSize: 1_000, deadLetterTopic: 'dead' },
      { topics: { events: 1, dead: 1 } },
    );
    const { values, push } = crowdOf(160, producer);
    cluster.cutOff();
    const early = push(0, 95);
    await clock.advance(7_500);
    cluster.failNext({ topic: 'events', outcome: { kind: 'rejected', error: refused('NOT_AUTHORIZED') } });
    cluster.failNext({ topic: 'events', outcome: busy });
    cluster.failNext({ topic: 'dead', outcome: busy, times: 3 });
    cluster.restore();
    await clock.advance(5_000);
    // More than half of bufferMemory: queues unload what the disk has, and fetch it again.
    const crowd = push(95, 160);
    await clock.advance(200_000);
    assert.deepEqual([...new Set([...early, ...crowd])], ['stored']);
    assert.deepEqual([...stored('dead'), ...stored()], values);
    assert.deepEqual(kept(), []);
  });
});

describe('records that find their partitions while their topic shrinks', () => {
  it('come behind the batch that is out, and once', async () => {
    const clock = new FakeClock();
    const disk = new MemoryDisk();
    const file = new MemorySpool({ disk, maxBytes: 1e7, synced: (task) => clock.after(5, task) });
    let calls = 0;
    // A turn of the loop between calls takes 1 ms, and there are a thousand of them.
    clock.soon = (task) => void clock.after(1, task);
    const assign = file.assign.bind(file);
    file.assign = (...request) => {
      const assigned = assign(...request);
      return assigned === 'done' && ++calls < 1_000 ? 'more' : assigned;
    };
    const order: string[] = [];
    let partitions = 6;
    let away = true;
    let open: (() => void) | undefined;
    const busy: Outcome = {
      kind: 'retriable',
      error: refused('BROKER_BUSY'),
      refresh: true,
      mayHaveBeenWritten: false,
    };
    const [key, other] = [keyOf(5), keyOf(4)];
    const broker: ProducerClient = {
      metadata: () =>
        away
          ? Promise.reject(refused('BROKER_UNREACHABLE'))
          : Promise.resolve({ leaders: Array.from({ length: partitions }, (_, partition) => partition) }),
      produce: async (batches) => {
        const partition = batches[0]?.partition ?? 0;
        if (partition === 5) await new Promise<void>((resolve) => (open = resolve));
        if (partition >= partitions || partition === 4) return batches.map(() => busy);
        const records = batches.flatMap(({ records }) => records);
        order.push(
          ...records.filter((one) => String(one.key) === key).map(({ value }) => String(value).trim()),
        );
        return batches.map(() => ({ kind: 'stored' }));
      },
      initProducerId: noProducerId,
    };
    const producer = deliveryOver(
      broker,
      { bufferMemory: 20_000, batchSize: 250, spool: { file, always: false } },
      clock,
    );
    const push = (value: string, key: string) => producer.send(record(value.padEnd(70), { key }));
    const values = ['1', '2', '3', '4', '5', '6', '7', '8'];
    watch([
      ...values.map((value) => push(value, key)),
      ...Array.from({ length: 75 }, () => push('x', other)),
    ]);
    await clock.advance(7_300);
    away = false;
    await clock.advance(5_000);
    watch(Array.from({ length: 40 }, () => push('y', other)));
    await clock.advance(300);
    assert.notEqual(calls, 0);
    partitions = 2;
    await clock.advance(6_000);
    open?.();
    await clock.advance(60_000);
    assert.deepEqual(order, values);
  });
});

function deliveryOver(
  broker: ProducerClient,
  settings: Partial<ProducerSettings>,
  clock: FakeClock,
): Producer {
  const context = { clock, notify: () => undefined, random: () => 0.5, date: () => new Date(0) };
  return new Producer(broker, { ...defaults, ...settings }, context);
}

/** So many records of 75 bytes, each with its number, to be pushed in parts. */
function crowdOf(length: number, producer: Producer) {
  const values = Array.from({ length }, (_, index) => `${index}`.padEnd(75));
  const push = (from: number, to: number) =>
    watch(values.slice(from, to).map((value) => producer.send(record(value))));
  return { values, push };
}

// One queue fetches in a turn of the event loop, and the others wait for their turn. Behind one whose partition was gone they waited
// for ever, and new records with them.
it('what an earlier run left is fetched though partitions that wait for it are removed', async () => {
  const clock = new FakeClock();
  const disk = new MemoryDisk();
  const life = (broker: Pick<ProducerClient, 'metadata' | 'produce'>) => {
    const file = new MemorySpool({ disk, maxBytes: 1e7, synced: (task) => clock.after(5, task) });
    const client = { ...broker, initProducerId: noProducerId };
    return { file, producer: deliveryOver(client, { spool: { file, always: false } }, clock) };
  };
  const before = life({
    metadata: () => Promise.reject(refused('BROKER_UNREACHABLE')),
    produce: () => Promise.resolve([]),
  });
  const keys = [0, 1, 2, 3, 4, 5].map((partition) => keyOf(partition));
  const fates = watch(keys.map((key) => before.producer.send(record(key, { key }))));
  const closed = before.producer.close(100);
  await clock.advance(1_000);
  await closed;
  await before.file.close();
  assert.deepEqual(new Set(fates), new Set(['stored']));

  const stored: string[] = [];
  let partitions = 6;
  life({
    metadata: () =>
      Promise.resolve({ leaders: Array.from({ length: partitions }, (_, partition) => partition) }),
    produce: (batches) => {
      if (partitions === 6) {
        partitions = 2;
        const error = refused('BROKER_BUSY');
        return Promise.resolve(
          batches.map(
            () => ({ kind: 'retriable', error, refresh: true, mayHaveBeenWritten: false }) as const,
          ),
        );
      }
      stored.push(...batches.flatMap(({ records }) => records.map(({ key }) => String(key))));
      return Promise.resolve(batches.map(() => ({ kind: 'stored' }) as const));
    },
  });
  await clock.advance(60_000);
  assert.deepEqual(stored.sort(), keys.sort());
});

// A megabyte is 20 ms of work, and a partition after the other had its own in a turn.
it('what an earlier run left is fetched a quarter of a megabyte at a time', async () => {
  const clock = new FakeClock();
  const disk = new MemoryDisk();
  const filling = new MemorySpool({ disk, maxBytes: 1e7, synced: (task) => clock.after(5, task) });
  const values = Array.from({ length: 2_000 }, (_, index) => `${index}`.padEnd(1_000));
  values.forEach((value, index) => filling.append(index + 1, record(value), 0, () => undefined));
  await clock.advance(10);
  await filling.close();

  const file = new MemorySpool({ disk, maxBytes: 1e7, synced: (task) => clock.after(5, task) });
  const turns: number[] = [];
  let turn = 0;
  const read = file.read.bind(file);
  file.read = (...args) => {
    const rows = read(...args);
    const bytes = rows.reduce((sum, { record }) => sum + (record.value?.length ?? 0), 0);
    turns[turn] = (turns[turn] ?? 0) + bytes;
    return rows;
  };
  const soon = clock.soon.bind(clock);
  clock.soon = (task) =>
    soon(() => {
      turn++;
      task();
    });
  const stored: string[] = [];
  deliveryOver(
    {
      initProducerId: noProducerId,
      metadata: () => Promise.resolve({ leaders: [0] }),
      produce: (batches) => {
        stored.push(...batches.flatMap(({ records }) => records.map(({ value }) => String(value))));
        return Promise.resolve(batches.map(() => ({ kind: 'stored' }) as const));
      },
    },
    { spool: { file, always: false }, batchSize: 1_000_000, bufferMemory: 32_000_000 },
    clock,
  );
  await clock.advance(60_000);
  assert.deepEqual(stored, values);
  const largest = Math.max(...turns.filter((bytes) => bytes !== undefined));
  assert.ok(largest > 200_000 && largest <= 256 * 1024, `${largest} bytes in a turn`);
});
