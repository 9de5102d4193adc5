import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createProducerRecord, type ProducerRecord } from '../../../src/producer/producer-record.ts';
import { BufferPool } from '../../../src/producer/buffer-pool.ts';
import { LiveRecords } from '../../../src/producer/live-records.ts';
import { record } from './harness.ts';

const nobody = { resolve: () => undefined, reject: () => undefined };
const ids = (records: readonly ProducerRecord[]) => records.map(({ id }) => id);

/** Records 1 to 4, whose deadlines are 100, 200, 300 and 400. */
function four() {
  const live = new LiveRecords(new BufferPool(1_000), 0);
  const [one, two, three, four] = [1, 2, 3, 4].map((id) =>
    createProducerRecord(id, record(`${id}`), id * 100, nobody),
  );
  assert.ok(one && two && three && four);
  for (const each of [one, two, three, four]) live.add(each);
  return { live, one, two, three, four };
}

// A sweep copied every record ten times a second: with a hundred thousand waiting, that was most of what it did.
describe('live records', () => {
  it('tells those that are overdue, oldest first', () => {
    const { live, two } = four();
    live.end(two);
    assert.deepEqual([ids(live.overdue(99)), ids(live.overdue(300))], [[], [1, 3]]);
  });

  it('finds a dead letter at the deadline of its record, though younger ones came before it', () => {
    const { live, one } = four();
    live.replace(one, createProducerRecord(5, record('dead letter'), 100, nobody));
    assert.deepEqual([ids(live.overdue(100)), ids(live.all())], [[5], [5, 2, 3, 4]]);
  });

  it('gives the dead letter of a record on the disk a deadline of its own', () => {
    const { live, two } = four();
    live.endDeadline(two);
    live.replace(two, createProducerRecord(5, record('dead letter'), 500, nobody));
    assert.deepEqual(ids(live.overdue(500)), [1, 3, 4, 5]);
  });

  it('lets what the disk has live without a deadline', () => {
    const { live, one, four: last } = four();
    live.endDeadline(one);
    live.endDeadline(last);
    assert.deepEqual(
      [ids(live.overdue(1_000)), ids(live.all())],
      [
        [2, 3],
        [1, 4, 2, 3],
      ],
    );
    assert.deepEqual([live.count, live.bytes], [4, 104]);
    for (const each of live.all()) live.end(each);
    assert.deepEqual([live.all(), live.count, live.bytes], [[], 0, 0]);
  });
});
