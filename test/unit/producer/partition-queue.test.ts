import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createProducerRecord, moveTo, type ProducerRecord } from '../../../src/producer/producer-record.ts';
import { PartitionQueue, type Batch } from '../../../src/producer/partition-queue.ts';
import { record, refused } from './harness.ts';

const nobody = { resolve: () => undefined, reject: () => undefined };
const stored = { kind: 'stored' } as const;
const unsure = { kind: 'unknown', error: refused('REQUEST_FAILED'), unchanged: true } as const;
const limits = { batchSize: 1_000_000, maxRecordsPerSlice: 10_000 };

/** A lane with its first entry out, and the three behind it begun with. */
function oneOutThreeBegun() {
  const lane = new PartitionQueue('events', 0, 1);
  const entries = [1, 2, 3, 4].map((id) => createProducerRecord(id, record(`${id}`), 1_000, nobody));
  const [first, ...rest] = entries;
  if (first) lane.push(first);
  const out = lane.take(limits);
  for (const entry of rest) lane.push(entry);
  const begun = lane.prepare(limits);
  assert.deepEqual(ids(begun), [2, 3, 4]);
  assert.equal(lane.waiting, 3);
  return { lane, entries, out, begun };
}

function ids(batch: Batch | undefined): number[] | undefined {
  return batch?.producerRecords.map(({ id }) => id);
}

function settle(entries: readonly ProducerRecord[] | undefined): void {
  for (const entry of entries ?? []) moveTo(entry, 'done');
}

/** A lane whose first two entries are of unknown fate, and must come again as they were. */
function twoPinned() {
  const lane = new PartitionQueue('events', 0, 1);
  const entries = [1, 2].map((id) => createProducerRecord(id, record(`${id}`), 1_000, nobody));
  for (const entry of entries) lane.push(entry);
  const pinned = lane.take(limits);
  for (const entry of entries) {
    if (entry.state !== 'done') moveTo(entry, 'queued');
    entry.mayHaveBeenWritten = true;
  }
  lane.giveBack(unsure);
  const younger = createProducerRecord(3, record('3'), 1_000, nobody);
  lane.push(younger);
  return { lane, pinned, younger };
}

describe('a batch that must come again unchanged', () => {
  it('is the next, the very same, whatever was pushed, settled or allowed meanwhile', () => {
    const { lane, pinned } = twoPinned();
    settle(pinned?.producerRecords.slice(0, 1));
    assert.ok(pinned);
    lane.halve(pinned, true);
    assert.equal(lane.take({ batchSize: 1, maxRecordsPerSlice: 1 }), pinned);
    assert.equal(lane.waiting, 1);
  });

  it('goes before younger ones though all of it is settled, and only then they', () => {
    const { lane, pinned, younger } = twoPinned();
    settle(pinned?.producerRecords);
    assert.deepEqual([lane.ready, lane.idle, lane.waiting], [true, false, 3]);
    assert.equal(lane.take(limits), pinned);
    lane.giveBack(unsure);
    assert.equal(lane.take(limits), pinned);
    lane.giveBack(stored);
    assert.deepEqual(ids(lane.take(limits)), [younger.id]);
  });

  it('goes alone, too', () => {
    const { lane, pinned, younger } = twoPinned();
    settle([...(pinned?.producerRecords ?? []), younger]);
    assert.deepEqual([lane.ready, lane.idle], [true, false]);
    assert.equal(lane.take(limits), pinned);
    lane.giveBack(stored);
    assert.deepEqual([lane.ready, lane.idle, lane.bytes], [false, true, 0]);
  });

  it('still must when it could not be sent', () => {
    const { lane, pinned } = twoPinned();
    settle(pinned?.producerRecords.slice(0, 1));
    lane.take(limits);
    lane.giveBack({ kind: 'unreachable', error: refused('BROKER_UNREACHABLE') });
    assert.equal(lane.take(limits), pinned);
  });

  it('need not any more when its fate is known, or never will be', () => {
    const { lane, pinned, younger } = twoPinned();
    const [first, second] = pinned?.producerRecords ?? [];
    assert.ok(first && second);
    settle([first]);
    lane.take(limits);
    moveTo(second, 'queued');
    lane.giveBack({ kind: 'unknown', error: refused('REQUEST_FAILED') });
    assert.deepEqual(ids(lane.take(limits)), [second.id, younger.id]);
  });

  it('is not begun with anew; what follows is, once it is out', () => {
    const { lane, pinned, younger } = twoPinned();
    assert.equal(lane.prepare(limits), undefined);
    lane.take(limits);
    assert.deepEqual(ids(lane.prepare(limits)), [younger.id]);
    for (const entry of pinned?.producerRecords ?? []) if (entry.state !== 'done') moveTo(entry, 'queued');
    lane.giveBack(unsure);
    assert.equal(lane.take(limits), pinned);
  });

  it('stays in memory, settled or not', () => {
    const { lane, pinned, younger } = twoPinned();
    for (const entry of [...(pinned?.producerRecords ?? []), younger]) entry.durability = 'disk';
    settle(pinned?.producerRecords.slice(0, 1));
    assert.deepEqual(
      lane.unload(0).map(({ id }) => id),
      [younger.id],
    );
    assert.deepEqual([lane.length, lane.bytes], [2, pinned?.bytes]);
    assert.equal(lane.take(limits), pinned);
  });

  it('is no more when its partition is no more: what of it lives finds another', () => {
    const { lane, pinned, younger } = twoPinned();
    settle(pinned?.producerRecords.slice(0, 1));
    assert.deepEqual(
      lane.remove().map(({ id }) => id),
      [2, younger.id],
    );
    assert.equal(lane.idle, true);
    assert.equal(lane.take(limits), undefined);
  });
});

describe('a batch that was begun with while another is out', () => {
  it('is the next, the very same', () => {
    const { lane, out, begun } = oneOutThreeBegun();
    settle(out?.producerRecords);
    lane.giveBack(stored);
    assert.equal(lane.take(limits), begun);
    assert.equal(lane.waiting, 0);
  });

  it('is not formed twice, nor in a pause', () => {
    const { lane } = oneOutThreeBegun();
    assert.equal(lane.prepare(limits), undefined);
    const backingOff = new PartitionQueue('events', 1, 1);
    backingOff.push(createProducerRecord(9, record('9'), 1_000, nobody));
    backingOff.backOff(unsure, () => undefined);
    assert.equal(backingOff.prepare(limits), undefined);
  });

  it('is formed anew without those that were given up meanwhile', () => {
    const { lane, out, entries } = oneOutThreeBegun();
    settle(out?.producerRecords);
    settle(entries.slice(2, 3));
    lane.giveBack(stored);
    assert.deepEqual(ids(lane.take(limits)), [2, 4]);
  });

  it('is formed anew once the broker has found less too large', () => {
    const { lane, out, begun } = oneOutThreeBegun();
    settle(out?.producerRecords);
    assert.ok(begun);
    lane.halve(begun, true);
    lane.giveBack(stored);
    assert.deepEqual(ids(lane.take(limits)), [2]);
  });

  it('is formed anew without those that only the spool has by then', () => {
    const { lane, out, entries } = oneOutThreeBegun();
    for (const entry of entries) entry.durability = 'disk';
    assert.deepEqual(
      lane.unload(60).map(({ id }) => id),
      [4],
    );
    settle(out?.producerRecords);
    lane.giveBack(stored);
    assert.deepEqual(ids(lane.take(limits)), [2, 3]);
  });

  it('goes with the lane, when its partition is no more', () => {
    const { lane, out } = oneOutThreeBegun();
    lane.remove();
    settle(out?.producerRecords);
    assert.deepEqual(
      lane.giveBack(stored).map(({ id }) => id),
      [2, 3, 4],
    );
    assert.equal(lane.take(limits), undefined);
  });
});
