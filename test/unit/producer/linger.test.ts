import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { record, setUp, watch } from './harness.ts';

describe('linger', () => {
  it('waits for company, but not once a queue is full', async () => {
    const { clock, producer, requests } = setUp({ linger: 50, batchSize: 1_000 });
    void producer.send(record('a'));
    await clock.advance(20);
    void producer.send(record('b'));
    await clock.advance(29);
    assert.deepEqual(requests, []);
    await clock.advance(1);
    assert.deepEqual(requests, [['events-0 ×2']]);
    for (let index = 0; index < 10; index++) void producer.send(record('x'.repeat(100)));
    await clock.advance(1);
    assert.deepEqual(requests, [['events-0 ×2'], ['events-0 ×8']]);
    await clock.advance(60);
    assert.deepEqual(requests, [['events-0 ×2'], ['events-0 ×8'], ['events-0 ×2']]);
  });

  it('is counted from when a record came, a request being out or not', async () => {
    const answer = Promise.withResolvers<void>();
    const { clock, producer, requests } = setUp({ linger: 50 }, { onProduce: () => answer.promise });
    void producer.send(record('a'));
    await clock.advance(50);
    void producer.send(record('b'));
    await clock.advance(50);
    assert.deepEqual(requests, [['events-0 ×1']]);
    answer.resolve();
    await clock.advance(0);
    assert.deepEqual(requests, [['events-0 ×1'], ['events-0 ×1']]);
    void producer.send(record('c'));
    await clock.advance(49);
    assert.equal(requests.length, 2);
    await clock.advance(1);
    assert.equal(requests.length, 3);
  });

  it('is over once it closes', async () => {
    const { clock, producer } = setUp({ linger: 5_000 });
    const fates = watch([producer.send(record('a'))]);
    await clock.advance(1);
    const left = producer.close(1_000);
    await clock.advance(1);
    assert.deepEqual([fates, await left, clock.pending], [['stored'], 0, 0]);
  });
});
