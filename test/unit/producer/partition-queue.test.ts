import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createProducerRecord, moveTo, type ProducerRecord } from '../../../src/producer/producer-record.ts';
import { PartitionQueue, type Batch } from '../../../src/producer/partition-queue.ts';
import { record, refused } from './harness.ts';

const nobody = { resolve: () => undefined, reject: () => undefined };
const stored = { kind: 'stored' } as const;
const unsure = { kind: 'unknown', error: refused('REQUEST_FAILED'), unchanged: true } as const;
const limits = { batchSize: 1_000_000, maxRecordsPerBatch: 10_000 };

/** A queue with its first record out, and the three behind it begun with. */
function oneOutThreeBegun() {
  const queue = new PartitionQueue('events', 0, 1);
  const records = [1, 2, 3, 4].map((id) => createProducerRecord(id, record(`${id}`), 1_000, nobody));
  const [first, ...rest] = records;
  if (first) queue.push(first);
  const out = queue.take(limits);
  for (const each of rest) queue.push(each);
  const begun = queue.prepare(limits);
  assert.deepEqual(ids(begun), [2, 3, 4]);
  assert.equal(queue.waiting, 3);
  return { queue, records, out, begun };
}

function ids(batch: Batch | undefined): number[] | undefined {
  return batch?.producerRecords.map(({ id }) => id);
}

function complete(records: readonly ProducerRecord[] | undefined): void {
  for (const each of records ?? []) moveTo(each, 'done');
}

/** A queue whose first two records are of unknown fate, and must come again as they were. */
function twoInDoubt() {
  const queue = new PartitionQueue('events', 0, 1);
  const records = [1, 2].map((id) => createProducerRecord(id, record(`${id}`), 1_000, nobody));
  for (const each of records) queue.push(each);
  const inDoubt = queue.take(limits);
  for (const each of records) {
    if (each.state !== 'done') moveTo(each, 'queued');
    each.mayHaveBeenWritten = true;
  }
  queue.giveBack(unsure);
  const younger = createProducerRecord(3, record('3'), 1_000, nobody);
  queue.push(younger);
  return { queue, inDoubt, younger };
}

describe('a batch that must come again unchanged', () => {
  it('is the next, the very same, whatever was pushed, done or allowed meanwhile', () => {
    const { queue, inDoubt } = twoInDoubt();
    complete(inDoubt?.producerRecords.slice(0, 1));
    assert.ok(inDoubt);
    queue.halve(inDoubt, true);
    assert.equal(queue.take({ batchSize: 1, maxRecordsPerBatch: 1 }), inDoubt);
    assert.equal(queue.waiting, 1);
  });

  it('goes before younger ones though all of it is done, and only then they', () => {
    const { queue, inDoubt, younger } = twoInDoubt();
    complete(inDoubt?.producerRecords);
    assert.deepEqual([queue.ready, queue.idle, queue.waiting], [true, false, 3]);
    assert.equal(queue.take(limits), inDoubt);
    queue.giveBack(unsure);
    assert.equal(queue.take(limits), inDoubt);
    queue.giveBack(stored);
    assert.deepEqual(ids(queue.take(limits)), [younger.id]);
  });

  it('goes alone, too', () => {
    const { queue, inDoubt, younger } = twoInDoubt();
    complete([...(inDoubt?.producerRecords ?? []), younger]);
    assert.deepEqual([queue.ready, queue.idle], [true, false]);
    assert.equal(queue.take(limits), inDoubt);
    queue.giveBack(stored);
    assert.deepEqual([queue.ready, queue.idle, queue.bytes], [false, true, 0]);
  });

  it('need not any more when its fate is known, or never will be', () => {
    const { queue, inDoubt, younger } = twoInDoubt();
    const [first, second] = inDoubt?.producerRecords ?? [];
    assert.ok(first && second);
    complete([first]);
    queue.take(limits);
    moveTo(second, 'queued');
    queue.giveBack({ kind: 'unknown', error: refused('REQUEST_FAILED') });
    assert.deepEqual(ids(queue.take(limits)), [second.id, younger.id]);
  });

  it('is not begun with anew; what follows is, once it is out', () => {
    const { queue, inDoubt, younger } = twoInDoubt();
    assert.equal(queue.prepare(limits), undefined);
    queue.take(limits);
    assert.deepEqual(ids(queue.prepare(limits)), [younger.id]);
    for (const each of inDoubt?.producerRecords ?? []) if (each.state !== 'done') moveTo(each, 'queued');
    queue.giveBack(unsure);
    assert.equal(queue.take(limits), inDoubt);
  });

  it('stays in memory, done or not', () => {
    const { queue, inDoubt, younger } = twoInDoubt();
    for (const each of [...(inDoubt?.producerRecords ?? []), younger]) each.durability = 'disk';
    complete(inDoubt?.producerRecords.slice(0, 1));
    assert.deepEqual(
      queue.unload(0).map(({ id }) => id),
      [younger.id],
    );
    assert.deepEqual([queue.length, queue.bytes], [2, inDoubt?.bytes]);
    assert.equal(queue.take(limits), inDoubt);
  });

  it('is no more when its partition is no more: what of it lives finds another', () => {
    const { queue, inDoubt, younger } = twoInDoubt();
    complete(inDoubt?.producerRecords.slice(0, 1));
    assert.deepEqual(
      queue.remove().map(({ id }) => id),
      [2, younger.id],
    );
    assert.equal(queue.idle, true);
    assert.equal(queue.take(limits), undefined);
  });
});

describe('a batch that was begun with while another is out', () => {
  it('is the next, the very same', () => {
    const { queue, out, begun } = oneOutThreeBegun();
    complete(out?.producerRecords);
    queue.giveBack(stored);
    assert.equal(queue.take(limits), begun);
    assert.equal(queue.waiting, 0);
  });

  it('is not formed twice, nor in a pause', () => {
    const { queue } = oneOutThreeBegun();
    assert.equal(queue.prepare(limits), undefined);
    const backingOff = new PartitionQueue('events', 1, 1);
    backingOff.push(createProducerRecord(9, record('9'), 1_000, nobody));
    backingOff.backOff(unsure, () => undefined);
    assert.equal(backingOff.prepare(limits), undefined);
  });

  it('is formed anew without those that were given up meanwhile', () => {
    const { queue, out, records } = oneOutThreeBegun();
    complete(out?.producerRecords);
    complete(records.slice(2, 3));
    queue.giveBack(stored);
    assert.deepEqual(ids(queue.take(limits)), [2, 4]);
  });

  it('is formed anew once the broker has found less too large', () => {
    const { queue, out, begun } = oneOutThreeBegun();
    complete(out?.producerRecords);
    assert.ok(begun);
    queue.halve(begun, true);
    queue.giveBack(stored);
    assert.deepEqual(ids(queue.take(limits)), [2]);
  });

  it('is formed anew without those that only the spool has by then', () => {
    const { queue, out, records } = oneOutThreeBegun();
    for (const each of records) each.durability = 'disk';
    assert.deepEqual(
      queue.unload(60).map(({ id }) => id),
      [4],
    );
    complete(out?.producerRecords);
    queue.giveBack(stored);
    assert.deepEqual(ids(queue.take(limits)), [2, 3]);
  });

  it('goes with the queue, when its partition is no more', () => {
    const { queue, out } = oneOutThreeBegun();
    queue.remove();
    complete(out?.producerRecords);
    assert.deepEqual(
      queue.giveBack(stored).map(({ id }) => id),
      [2, 3, 4],
    );
    assert.equal(queue.take(limits), undefined);
  });
});
