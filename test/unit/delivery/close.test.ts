import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorOf, record, setUp, watch } from './harness.ts';

describe('close', () => {
  it('sends what waits before it resolves', async () => {
    const { clock, cluster, delivery } = setUp();
    const fates = watch([delivery.send(record('a')), delivery.send(record('b'))]);
    const closing = delivery.close(4_500);
    await clock.advance(10);
    assert.equal(await closing, 0);
    assert.deepEqual(fates, ['stored', 'stored']);
    assert.equal(cluster.records('events').length, 2);
  });

  it('rejects and counts what is left when its time is over', async () => {
    const { clock, delivery, notices } = setUp({}, { onProduce: () => new Promise<void>(() => {}) });
    const pushes = watch([delivery.send(record('a')), delivery.send(record('b'))]);
    const closing = delivery.close(4_500);
    await clock.advance(4_500);
    assert.equal(await closing, 2);
    await clock.advance(0);
    assert.deepEqual(pushes, ['DESTINATION_CLOSED', 'DESTINATION_CLOSED']);
    assert.deepEqual(notices, [{ kind: 'left-behind', records: 2 }]);
  });

  it('answers pushes that come during and after it', async () => {
    const { clock, delivery } = setUp();
    const closing = delivery.close(4_500);
    const during = errorOf(delivery.send(record('late')));
    await clock.advance(1);
    await closing;
    const after = errorOf(delivery.send(record('later')));
    const expected = 'Kafka topic "events": the destination is closed, the record was not sent.';
    assert.equal((await during).message, expected);
    assert.equal((await after).message, expected);
  });

  it('leaves no timer behind', async () => {
    const { clock, delivery } = setUp();
    const push = errorOf(delivery.send(record('a', { topic: 'missing' })));
    const closing = delivery.close(100);
    await clock.advance(200);
    await closing;
    await push;
    await clock.advance(60_000);
    assert.equal(clock.pending, 0);
  });
});
