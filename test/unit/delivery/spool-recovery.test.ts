import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keyOf, record, watch } from './harness.ts';
import { start } from './spool-harness.ts';

describe('records that were kept before their partition was known', () => {
  it('are found again once memory has let go of them, and in order', async () => {
    const { clock, cluster, delivery, kept, stored } = start({ bufferMemory: 20_000, batchSize: 1_000 });
    const values = Array.from({ length: 125 }, (_, index) => `${index}`.padEnd(75));
    const push = (from: number, to: number) =>
      watch(values.slice(from, to).map((value) => delivery.send(record(value))));
    cluster.cutOff();
    const early = push(0, 80);
    await clock.advance(7_500);
    // The layout answers, and the partition has no leader yet.
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
    const { clock, cluster, delivery, kept, stored } = start(
      { bufferMemory: 410 },
      {
        topics: { events: 6 },
        brokers: 3,
        onProduce: () => (gated ? new Promise<void>((resolve) => gates.push(resolve)) : undefined),
      },
    );
    const [key, other] = [keyOf(5), keyOf(3)];
    const push = (value: string, key: string) => delivery.send(record(value.padEnd(95), { key }));
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
    const { clock, cluster, delivery, disk } = start();
    cluster.cutOff();
    watch(Array.from({ length: count }, (_, index) => delivery.send(record(`${index}`))));
    await clock.advance(8_000);
    await Promise.all([delivery.close(10), clock.advance(20)]);
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
    const { clock, delivery, file, kinds } = start({ disk: await leave(3_000) });
    await delivery.close(0);
    await file.close();
    await clock.advance(2_000);
    assert.deepEqual([kinds(), clock.pending], [['spool-left'], 0]);
  });
});
