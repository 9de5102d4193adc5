import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createEntry, type Entry } from '../../../src/delivery/entry.ts';
import { Lane, type Batch } from '../../../src/delivery/lane.ts';
import { record } from './harness.ts';

const nobody = { resolve: () => undefined, reject: () => undefined };
const limits = { batchSize: 1_000_000, maxRecordsPerSlice: 10_000 };

/** A lane with its first entry out, and the three behind it begun with. */
function oneOutThreeBegun() {
  const lane = new Lane('events', 0, 1);
  const entries = [1, 2, 3, 4].map((id) => createEntry(id, record(`${id}`), 1_000, nobody));
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
  return batch?.entries.map(({ id }) => id);
}

function settle(entries: readonly Entry[] | undefined): void {
  for (const entry of entries ?? []) entry.settled = true;
}

describe('a batch that was begun with while another is out', () => {
  it('is the next, the very same', () => {
    const { lane, out, begun } = oneOutThreeBegun();
    settle(out?.entries);
    lane.giveBack();
    assert.equal(lane.take(limits), begun);
    assert.equal(lane.waiting, 0);
  });

  it('is not formed twice, nor in a pause', () => {
    const { lane } = oneOutThreeBegun();
    assert.equal(lane.prepare(limits), undefined);
    const resting = new Lane('events', 1, 1);
    resting.push(createEntry(9, record('9'), 1_000, nobody));
    resting.resting = true;
    assert.equal(resting.prepare(limits), undefined);
  });

  it('is formed anew without those that were given up meanwhile', () => {
    const { lane, out, entries } = oneOutThreeBegun();
    settle(out?.entries);
    settle(entries.slice(2, 3));
    lane.giveBack();
    assert.deepEqual(ids(lane.take(limits)), [2, 4]);
  });

  it('is formed anew once the broker has found less too large', () => {
    const { lane, out, begun } = oneOutThreeBegun();
    settle(out?.entries);
    lane.halve(begun?.bytes ?? 0);
    lane.giveBack();
    assert.deepEqual(ids(lane.take(limits)), [2]);
  });

  it('is formed anew without those that only the spool has by then', () => {
    const { lane, out, entries } = oneOutThreeBegun();
    for (const entry of entries) entry.kept = 'yes';
    assert.deepEqual(
      lane.evict(60).map(({ id }) => id),
      [4],
    );
    settle(out?.entries);
    lane.giveBack();
    assert.deepEqual(ids(lane.take(limits)), [2, 3]);
  });

  it('goes with the lane, when its partition is no more', () => {
    const { lane, out } = oneOutThreeBegun();
    lane.retire();
    settle(out?.entries);
    assert.deepEqual(
      lane.giveBack().map(({ id }) => id),
      [2, 3, 4],
    );
    assert.equal(lane.take(limits), undefined);
  });
});
