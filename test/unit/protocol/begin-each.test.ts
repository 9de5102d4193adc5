import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { beginEach } from '../../../src/protocol/begin-each.ts';

/** As a batch that is encoded. */
function work(ms: number): void {
  for (const begin = performance.now(); performance.now() - begin < ms;);
}

describe('work on many items', () => {
  // A drain of sixty partitions encoded a request of 16 MiB, and the event loop stood still for 140 ms.
  it('lets the event loop have its turn in between', async () => {
    const begun: number[] = [];
    const all = beginEach([1, 2, 3, 4, 5], (item) => {
      work(12);
      begun.push(item);
      return Promise.resolve(item * 10);
    });
    await new Promise(setImmediate);
    assert.ok(begun.length < 5, `${begun.length} in one turn`);
    assert.deepEqual(await all, [10, 20, 30, 40, 50]);
    assert.deepEqual(begun, [1, 2, 3, 4, 5]);
  });

  it('is begun at once where there is little of it', async () => {
    const begun: number[] = [];
    const all = beginEach([1, 2, 3], (item) => {
      begun.push(item);
      return Promise.resolve();
    });
    assert.deepEqual(begun, [1, 2, 3]);
    await all;
  });

  it('fails with the first failure, also with one that comes before all have begun', async () => {
    const all = beginEach([1, 2], (item) => {
      work(12);
      return item === 1 ? Promise.reject(new Error('too large')) : Promise.resolve();
    });
    await assert.rejects(all, /too large/);
  });
});
