import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { partitionOf } from '../../../src/protocol/partitioner.ts';
import { MemoryDisk } from '../../support/memory-spool.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { record, refused, setUp, watch } from './harness.ts';
import { start } from './spool-harness.ts';

/** Keys that belong to these partitions, one each. */
function keysOf(partitions: number): string[] {
  const keys: string[] = [];
  for (let index = 0; Object.keys(keys).length < partitions; index++) {
    keys[partitionOf(Buffer.from(`key-${index}`), partitions)] ??= `key-${index}`;
  }
  return keys;
}

describe('a batch that was refused as a whole', () => {
  const notEncoded = {
    kind: 'splittable',
    error: refused('RECORD_REJECTED', 'Kafka topic "events": the records could not be encoded.'),
  } as const;
  const tooLarge = { kind: 'splittable', error: refused('RECORD_TOO_LARGE') } as const;

  // Memory was short for a moment, and a thousand later records left in 995 requests: for good.
  it('leaves no limit behind once it is gone, where its size was not the reason', async () => {
    const { clock, cluster, producer, requests } = setUp();
    const burst = (count: number) =>
      watch(Array.from({ length: count }, (_, index) => producer.send(record(`${index}`))));
    cluster.failNext({ outcome: notEncoded, times: 7 });
    burst(128);
    await clock.advance(1_000);
    requests.length = 0;
    burst(1_000);
    await clock.advance(1_000);
    assert.deepEqual(
      requests,
      ['events-0 ×256', 'events-0 ×500', 'events-0 ×244'].map((name) => [name]),
    );
  });

  it('leaves none either where it expired before the reason was found', async () => {
    let tries = 0;
    const onProduce = () => {
      if (++tries === 6) rig.cluster.cutOff();
    };
    const rig = setUp({}, { onProduce });
    const { clock, cluster, producer, requests } = rig;
    const burst = (count: number) =>
      watch(Array.from({ length: count }, (_, index) => producer.send(record(`${index}`))));
    cluster.failNext({ outcome: tooLarge, times: 5 });
    const fates = burst(64);
    await clock.advance(9_000);
    assert.deepEqual([...new Set(fates)], ['DEADLINE_EXCEEDED']);
    cluster.restore();
    requests.length = 0;
    burst(200);
    await clock.advance(1_000);
    assert.deepEqual(requests, [['events-0 ×200']]);
  });

  it('sets the size of those that follow, where all of it was stored in pieces', async () => {
    const { clock, cluster, producer, notices } = setUp({}, { maxBatchBytes: 5_000 });
    const burst = () => watch(Array.from({ length: 200 }, () => producer.send(record('x'.repeat(75)))));
    burst();
    await clock.advance(1_000);
    assert.equal(notices.filter(({ kind }) => kind === 'batch-halved').length, 2);
    burst();
    await clock.advance(1_000);
    assert.equal(notices.filter(({ kind }) => kind === 'batch-halved').length, 2);
    assert.equal(cluster.records('events').length, 400);
  });
});

describe('a request', () => {
  // Two hundred queues behind an outage made one of 171 MiB, and brokers hang up on more than 100.
  it('is full with sixteen megabytes, whatever more queues have', async () => {
    const { clock, producer, requests } = setUp({ bufferMemory: 64e6 }, { topics: { events: 40 } });
    const value = 'x'.repeat(900_000);
    const fates = watch(keysOf(40).map((key) => producer.send(record(value, { key }))));
    await clock.advance(100);
    assert.deepEqual(
      requests.map(({ length }) => length),
      [19, 19, 2],
    );
    assert.deepEqual([...new Set(fates)], ['stored']);
  });
});

describe('what a spool has for many partitions', () => {
  // 188 MB were fetched at a start, of a bufferMemory of 4 MiB: a batch for each of two hundred partitions.
  it('is fetched a little of each, where memory is crowded', async () => {
    const partitions = 50;
    const keys = keysOf(partitions);
    const disk = new MemoryDisk();
    const settings = { disk, maxBytes: 1e9, bufferMemory: 1e6, batchSize: 200_000 };
    const cluster = { topics: { events: partitions } };
    const before = start(settings, cluster);
    before.cluster.cutOff();
    for (const key of keys)
      for (let index = 0; index < 20; index++) void before.producer.send(record('x'.repeat(10_000), { key }));
    await before.clock.advance(20_000);
    await Promise.all([before.producer.close(4_000), before.clock.advance(10_000)]);
    await before.file.close();
    assert.equal(disk.rows.size, 1_000);

    const hanging = () => new Promise<void>(() => undefined);
    const { clock, producer } = start(settings, { ...cluster, onProduce: hanging });
    await clock.advance(1_000);
    assert.ok(producer.waiting.bytes < 4e6, `${producer.waiting.bytes} bytes`);
  });
});

/**
 * A thousand pushes in flight over a link of 200 ms went in two halves by turns: 2,240 events a second, where one group a round
 * trip gives 5,000. What was compressed early left behind what had come since.
 */
describe('over a slow link', () => {
  const delay = 200;
  function slowLink() {
    const clock = new FakeClock();
    const answer = () => new Promise<undefined>((resolve) => clock.after(delay, () => resolve(undefined)));
    return setUp({}, { onProduce: answer }, clock);
  }

  it('carries the pushes that follow on an answer with those that came before it', async () => {
    const { clock, producer, requests } = slowLink();
    let stop = false;
    const pushAgain = (): Promise<void> =>
      producer.send(record('v')).then(() => (stop ? undefined : pushAgain()));
    for (let push = 0; push < 300; push++) void pushAgain();
    await clock.advance(1);
    for (let push = 0; push < 100; push++) void pushAgain();
    await clock.advance(3 * delay);
    stop = true;
    // The first round trip tells that the link is slow.
    assert.deepEqual(requests[0], ['events-0 ×300']);
    assert.deepEqual(
      requests.slice(1),
      Array.from({ length: 3 }, () => ['events-0 ×400']),
    );
    await clock.advance(2 * delay);
  });

  it('waits for nothing where none follow', async () => {
    const { clock, producer, requests } = slowLink();
    void producer.send(record('first'));
    await clock.advance(delay + 1);
    const pushes = [producer.send(record('a'))];
    await clock.advance(1);
    pushes.push(producer.send(record('b')));
    await clock.advance(delay);
    assert.deepEqual(requests, [['events-0 ×1'], ['events-0 ×1'], ['events-0 ×1']]);
    await clock.advance(delay);
    await Promise.all(pushes);
  });
});

// Two thousand records expire in a turn of the event loop. The room that they gave back went to blocked ones whose time was over
// as well, and those were told that the broker had not answered.
it('five thousand records that expire together are told what each waited for', async () => {
  const bytesOfOne = 26;
  const { clock, producer } = setUp(
    { bufferMemory: 2_500 * bytesOfOne, deliveryTimeout: 1_000 },
    { onProduce: () => new Promise<never>(() => {}) },
  );
  const fates = watch(Array.from({ length: 5_000 }, () => producer.send(record('v'))));
  await clock.advance(1_100);
  const told = (from: number, to: number) => [...new Set(fates.slice(from, to))];
  assert.deepEqual(told(0, 2_500), ['DEADLINE_EXCEEDED']);
  assert.deepEqual(told(2_500, 5_000), ['BUFFER_FULL']);
});
