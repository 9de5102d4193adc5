import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Progress } from '../../../../src/cli/dead-letters/progress.ts';

const done = (progress: Progress, offsets: readonly number[]) =>
  offsets.filter((offset) => progress.isDone(BigInt(offset)));
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('how far re-sending has come', () => {
  it('is an offset, if nothing was skipped', () => {
    const progress = Progress.from(undefined, 3n, 10n);
    assert.equal(progress.start, 3n);
    for (const offset of [3n, 4n, 5n]) progress.pass(offset, true);
    assert.deepEqual(progress.toCommittedOffset(), { offset: 6n, note: '' });
  });

  it('holds what a filter skipped', () => {
    const progress = Progress.from(undefined, 0n, 10n);
    for (const offset of upTo(8)) progress.pass(BigInt(offset), offset % 3 !== 0);
    const committedOffset = progress.toCommittedOffset();
    assert.equal(committedOffset?.offset, 0n);
    const again = Progress.from(committedOffset, 0n, 10n);
    assert.equal(again.start, 0n);
    assert.deepEqual(done(again, upTo(10)), [1, 2, 4, 5, 7]);
  });

  it('comes back from a commit as it was, whatever was skipped', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 300 }), fc.nat(1_000), (outcomes, first) => {
        const progress = Progress.from(undefined, BigInt(first), 5_000n);
        outcomes.forEach((sent, index) => progress.pass(BigInt(first + index), sent));
        const again = Progress.from(progress.toCommittedOffset(), BigInt(first), 5_000n);
        const offsets = upTo(400).map((offset) => first + offset);
        assert.deepEqual(
          done(again, offsets),
          offsets.filter((_, index) => outcomes[index] === true),
        );
      }),
    );
  });

  it('begins anew after the topic was deleted and created again', () => {
    assert.equal(Progress.from({ offset: 50n, note: '' }, 0n, 10n).start, 0n);
  });

  it('forgets what the log has dropped', () => {
    const progress = Progress.from(undefined, 0n, 100n);
    for (const offset of upTo(20)) progress.pass(BigInt(offset), offset > 4);
    assert.equal(Progress.from(progress.toCommittedOffset(), 10n, 100n).start, 20n);
  });

  it('holds a long range that was skipped, and says when too many are scattered', () => {
    const long = Progress.from(undefined, 0n, 200_000n);
    for (const offset of upTo(100_000)) long.pass(BigInt(offset), offset > 90_000);
    assert.ok(long.toCommittedOffset());
    const scattered = Progress.from(undefined, 0n, 200_000n);
    let random = 1;
    for (const offset of upTo(60_000)) {
      random = (random * 48_271) % 2_147_483_647;
      scattered.pass(BigInt(offset), random % 2 === 0);
    }
    assert.equal(scattered.toCommittedOffset(), undefined);
  });
});
