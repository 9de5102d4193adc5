import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { record, setUp, watch } from './harness.ts';

describe('linger', () => {
  it('waits for company, but not once a lane is full', async () => {
    const { clock, delivery, requests } = setUp({ linger: 50, batchSize: 1_000 });
    void delivery.send(record('a'));
    await clock.advance(20);
    void delivery.send(record('b'));
    await clock.advance(29);
    assert.deepEqual(requests, []);
    await clock.advance(1);
    assert.deepEqual(requests, [['events-0 ×2']]);
    for (let index = 0; index < 10; index++) void delivery.send(record('x'.repeat(100)));
    await clock.advance(1);
    assert.deepEqual(requests, [['events-0 ×2'], ['events-0 ×8']]);
    await clock.advance(60);
    assert.deepEqual(requests, [['events-0 ×2'], ['events-0 ×8'], ['events-0 ×2']]);
  });

  it('is counted from when a record came, a request being out or not', async () => {
    const answer = Promise.withResolvers<void>();
    const { clock, delivery, requests } = setUp({ linger: 50 }, { onProduce: () => answer.promise });
    void delivery.send(record('a'));
    await clock.advance(50);
    void delivery.send(record('b'));
    await clock.advance(50);
    assert.deepEqual(requests, [['events-0 ×1']]);
    answer.resolve();
    await clock.advance(0);
    assert.deepEqual(requests, [['events-0 ×1'], ['events-0 ×1']]);
    void delivery.send(record('c'));
    await clock.advance(49);
    assert.equal(requests.length, 2);
    await clock.advance(1);
    assert.equal(requests.length, 3);
  });

  it('is over once it closes', async () => {
    const { clock, delivery } = setUp({ linger: 5_000 });
    const fates = watch([delivery.send(record('a'))]);
    await clock.advance(1);
    const left = delivery.close(1_000);
    await clock.advance(1);
    assert.deepEqual([fates, await left, clock.pending], [['stored'], 0, 0]);
  });
});
