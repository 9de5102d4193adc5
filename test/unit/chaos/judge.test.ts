import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, type Answer, type Found } from '../../chaos/verdict/judge.ts';

/** A judge that sees nothing would pass every chaos: each fault is shown to it here once, made up. */
describe('the judge of the chaos suite', () => {
  const acknowledged = (...numbers: number[]): Answer[] => numbers.map((n) => ({ n, ms: 10 }));
  /** All of one key, in one partition. */
  const found = (...numbers: number[]): Found[] => numbers.map((n) => ({ n, key: 'a', partition: 0 }));

  it('finds nothing where all is well', () => {
    assert.deepEqual(judge({ sent: 3, answers: acknowledged(0, 1, 2), found: found(0, 1, 2) }), {
      sent: 3,
      acknowledged: 3,
      rejected: 0,
      unanswered: 0,
      lost: 0,
      duplicates: 0,
      outOfOrder: 0,
      failures: [],
      push: { p50: 10, p99: 10, max: 10 },
    });
  });

  it('sees what was acknowledged and is not stored', () => {
    const { lost, acknowledged: promised } = judge({
      sent: 4,
      answers: acknowledged(0, 1, 2, 3),
      found: found(0, 3),
    });
    assert.deepEqual({ lost, promised }, { lost: 2, promised: 4 });
  });

  it('does not call lost what was rejected or never answered, stored or not', () => {
    const answers = [...acknowledged(0), { n: 1, ms: 5, failure: 'no' }, { n: 2, ms: 5, failure: 'no' }];
    const verdict = judge({ sent: 5, answers, found: found(0, 2, 4) });
    const { lost, rejected, unanswered, duplicates } = verdict;
    assert.deepEqual(
      { lost, rejected, unanswered, duplicates },
      { lost: 0, rejected: 2, unanswered: 2, duplicates: 0 },
    );
  });

  it('sees duplicates, each copy once, and takes the first for the order', () => {
    const { duplicates, outOfOrder } = judge({
      sent: 3,
      answers: acknowledged(0, 1, 2),
      found: found(0, 1, 0, 1, 2, 1),
    });
    assert.deepEqual({ duplicates, outOfOrder }, { duplicates: 3, outOfOrder: 0 });
  });

  it('sees a record behind a younger one of its key', () => {
    const { outOfOrder } = judge({ sent: 4, answers: [], found: found(0, 3, 1, 2) });
    assert.equal(outOfOrder, 2);
  });

  it('lets keys overtake each other', () => {
    const records: Found[] = [
      { n: 2, key: 'a', partition: 0 },
      { n: 1, key: 'b', partition: 0 },
      { n: 0, key: 'c', partition: 1 },
    ];
    assert.equal(judge({ sent: 3, answers: [], found: records }).outOfOrder, 0);
  });

  it('sees a key in two partitions, where no consumer finds an order', () => {
    const records: Found[] = [
      { n: 0, key: 'a', partition: 0 },
      { n: 1, key: 'a', partition: 1 },
    ];
    assert.equal(judge({ sent: 2, answers: [], found: records }).outOfOrder, 1);
  });

  it('leaves out what went with a topic that was deleted on purpose', () => {
    const verdict = judge({ sent: 4, answers: acknowledged(0, 1, 2, 3), found: found(3), countFrom: 2 });
    assert.equal(verdict.lost, 1);
  });

  it('counts a second copy of what was never acknowledged', () => {
    const verdict = judge({ sent: 3, answers: acknowledged(0), found: found(0, 1, 1) });
    assert.equal(verdict.duplicates, 1);
  });

  it('tells how much the spool held at each kill, and how much of it Kafka had by then', () => {
    const stored: Found[] = [
      { n: 0, key: 'a', partition: 0, time: 900 },
      { n: 1, key: 'a', partition: 0, time: 1_000 },
      { n: 2, key: 'a', partition: 0, time: 1_001 },
      { n: 1, key: 'a', partition: 0, time: 1_002 },
      { n: 3, key: 'a', partition: 0 },
    ];
    const kills = [
      { at: 1_000, spooled: [1, 2, 3, 4] },
      { at: 1_002, spooled: [2] },
      { at: 2_000, spooled: [] },
    ];
    assert.deepEqual(judge({ sent: 5, answers: [], found: stored, kills }).kills, [
      { spooled: 4, stored: 1 },
      { spooled: 1, stored: 1 },
      { spooled: 0, stored: 0 },
    ]);
  });

  it('groups messages, and tells the times of pushes', () => {
    const answers: Answer[] = Array.from({ length: 100 }, (_, n) => ({
      n,
      ms: n + 1,
      ...(n < 3 && { failure: n === 0 ? 'rare' : 'common' }),
    }));
    const { failures, push } = judge({ sent: 100, answers, found: [] });
    assert.deepEqual(failures, [
      { message: 'common', count: 2 },
      { message: 'rare', count: 1 },
    ]);
    assert.deepEqual(push, { p50: 51, p99: 100, max: 100 });
  });
});
