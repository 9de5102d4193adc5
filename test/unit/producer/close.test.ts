import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorOf, record, refused, setUp, watch } from './harness.ts';

describe('close', () => {
  it('sends what waits before it resolves', async () => {
    const { clock, cluster, producer } = setUp();
    const fates = watch([producer.send(record('a')), producer.send(record('b'))]);
    const closing = producer.close(4_500);
    await clock.advance(10);
    assert.equal(await closing, 0);
    assert.deepEqual(fates, ['stored', 'stored']);
    assert.equal(cluster.records('events').length, 2);
  });

  it('rejects and counts what is left when its time is over', async () => {
    const { clock, producer, notices } = setUp({}, { onProduce: () => new Promise<void>(() => {}) });
    const pushes = watch([producer.send(record('a')), producer.send(record('b'))]);
    const closing = producer.close(4_500);
    await clock.advance(4_500);
    assert.equal(await closing, 2);
    await clock.advance(0);
    assert.deepEqual(pushes, ['DESTINATION_CLOSED', 'DESTINATION_CLOSED']);
    assert.deepEqual(notices, [{ kind: 'left-behind', records: 2 }]);
  });

  it('answers pushes that come during and after it', async () => {
    const { clock, producer } = setUp();
    const closing = producer.close(4_500);
    const during = errorOf(producer.send(record('late')));
    await clock.advance(1);
    await closing;
    const after = errorOf(producer.send(record('later')));
    const expected = 'Kafka topic "events": the destination is closed, the record was not sent.';
    assert.equal((await during).message, expected);
    assert.equal((await after).message, expected);
  });

  // After 20 s without a cluster the next try was many seconds away, and `close` waited for it in vain.
  describe('with a deadline far away, after an outage', () => {
    const longDeadline = { deliveryTimeout: 60_000 };

    it('sends at once what waits out a pause', async () => {
      const { clock, cluster, producer } = setUp(longDeadline);
      const warm = watch([producer.send(record('warm'))]);
      await clock.advance(10);
      cluster.cutOff();
      const fates = watch([producer.send(record('a'))]);
      await clock.advance(20_000);
      cluster.restore();
      const closing = producer.close(4_500);
      await clock.advance(10);
      assert.deepEqual([warm, fates], [['stored'], ['stored']]);
      assert.equal(await closing, 0);
    });

    it('asks at once about a topic', async () => {
      const { clock, cluster, producer } = setUp(longDeadline, { topics: {} });
      const fates = watch([producer.send(record('a'))]);
      await clock.advance(5_000);
      cluster.createTopic('events', 1);
      const closing = producer.close(4_500);
      await clock.advance(10);
      assert.deepEqual(fates, ['stored']);
      assert.equal(await closing, 0);
    });

    it('tries again in time where the cluster comes back only now', async () => {
      const { clock, cluster, producer } = setUp(longDeadline);
      const warm = watch([producer.send(record('warm'))]);
      await clock.advance(10);
      cluster.cutOff();
      const fates = watch([producer.send(record('a'))]);
      await clock.advance(20_000);
      const closing = producer.close(4_500);
      await clock.advance(3_900);
      cluster.restore();
      await clock.advance(600);
      assert.deepEqual([warm, fates], [['stored'], ['stored']]);
      assert.equal(await closing, 0);
    });
  });

  // A backoff between two tries can be long, and its timer kept a process alive that had nothing left to do.
  it('leaves no pause behind', async () => {
    const { clock, cluster, producer } = setUp({
      retry: { retries: 5, initialRetryTime: 3_000, maxRetryTime: 3_000 },
    });
    cluster.failNext({ outcome: { kind: 'unreachable', error: refused('BROKER_UNREACHABLE') }, times: 9 });
    const backingOff = errorOf(producer.send(record('a')));
    await clock.advance(10);
    const closing = producer.close(100);
    await clock.advance(100);
    assert.equal(await closing, 1);
    assert.equal((await backingOff).code, 'DESTINATION_CLOSED');
    assert.equal(clock.pending, 0);
  });

  // The queue of a removed partition was forgotten while its batch was out: neither a deadline nor the close
  // reached its records.
  it('reaches what is out to a partition that is no more', async () => {
    const { clock, cluster, producer } = setUp(
      { deliveryTimeout: 40_000 },
      { topics: { events: 6 }, onProduce: () => new Promise<void>(() => {}) },
    );
    const keys = Array.from({ length: 12 }, (_, index) => `key-${index}`);
    const fates = watch(keys.map((key) => producer.send(record('a', { key }))));
    await clock.advance(10);
    cluster.deleteTopic('events');
    cluster.createTopic('events', 1);
    await clock.advance(35_000);
    const closing = producer.close(100);
    await clock.advance(100);
    assert.equal(await closing, 12);
    assert.deepEqual([...new Set(fates)], ['DESTINATION_CLOSED']);
  });

  // Looked at when it closes, not a minute later: each of these timers fires once, and would be gone by then.
  it('leaves no timer behind', async () => {
    const { clock, producer } = setUp();
    const push = errorOf(producer.send(record('a', { topic: 'missing' })));
    await clock.advance(10);
    assert.equal(clock.pending, 2, 'the sweep, and the next question about the topic');
    const closing = producer.close(5);
    await clock.advance(5);
    await closing;
    await push;
    assert.equal(clock.pending, 0);
  });
});
