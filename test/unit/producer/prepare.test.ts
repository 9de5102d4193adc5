import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { record, refused, setUp, watch } from './harness.ts';

/** Of a record here: key and value of one byte, and what Kafka adds. */
const bytesOfOne = 26;

describe('while a request is out', () => {
  /** One request of two records is out, and three more records wait for the next. */
  async function twoOutThreeWaiting(settings: Parameters<typeof setUp>[0] = {}) {
    const answer = Promise.withResolvers<void>();
    const rig = setUp(settings, { onProduce: () => answer.promise });
    const out = [rig.producer.send(record('a')), rig.producer.send(record('b'))];
    await rig.clock.advance(1);
    const waiting = ['c', 'd', 'e'].map((value) => rig.producer.send(record(value)));
    await rig.clock.advance(1);
    const stored = (): string[] => rig.cluster.records('events').map(({ value }) => String(value));
    return { ...rig, answer, fates: watch([...out, ...waiting]), stored };
  }

  it('begins with the next', async () => {
    const { clock, answer, prepared, requests, stored } = await twoOutThreeWaiting();
    assert.deepEqual(requests, [['events-0 ×2']]);
    assert.deepEqual(prepared, [['events-0 ×3']]);
    answer.resolve();
    await clock.advance(1);
    assert.deepEqual(requests, [['events-0 ×2'], ['events-0 ×3']]);
    assert.deepEqual(stored(), ['a', 'b', 'c', 'd', 'e']);
  });

  it('sends what it began with as it is, unless it has become little beside what waits', async () => {
    for (const { more, next } of [
      { more: 3, next: 3 },
      { more: 4, next: 7 },
    ]) {
      const { clock, producer, answer, prepared, requests } = await twoOutThreeWaiting();
      const late = Array.from({ length: more }, () => producer.send(record('v')));
      await clock.advance(1);
      assert.deepEqual(prepared, [['events-0 ×3']]);
      answer.resolve();
      await clock.advance(1);
      await Promise.all(late);
      assert.deepEqual(requests[1], [`events-0 ×${next}`]);
    }
  });

  it('waits for more where little waits', async () => {
    const answer = Promise.withResolvers<void>();
    const { clock, producer, prepared } = setUp({}, { onProduce: () => answer.promise });
    const pushes = Array.from({ length: 10 }, () => producer.send(record('v')));
    await clock.advance(1);
    for (let count = 1; count <= 6; count++) {
      pushes.push(producer.send(record('v')));
      await clock.advance(1);
      assert.deepEqual(prepared, count < 5 ? [] : [['events-0 ×5']]);
    }
    answer.resolve();
    await clock.advance(1);
    await Promise.all(pushes);
  });

  it('begins with the next though the time to wait for company is not over', async () => {
    const { prepared } = await twoOutThreeWaiting({ linger: 20, batchSize: 2 * bytesOfOne });
    assert.deepEqual(prepared, [['events-0 ×2']]);
  });

  it('strands no push that comes just before or after the answer', async () => {
    for (let turns = 0; turns < 12; turns++) {
      const { clock, producer } = setUp();
      await Promise.all([producer.send(record('a')), clock.advance(1)]);
      const first = producer.send(record('b'));
      const second = first.then(async () => {
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        await producer.send(record('c'));
      });
      const fates = watch([first, second]);
      await clock.advance(1);
      await clock.advance(1);
      assert.deepEqual(fates, ['stored', 'stored'], `${turns} turns after the answer`);
    }
  });

  it('begins with a batch as soon as it is in', async () => {
    const answer = Promise.withResolvers<void>();
    const { clock, producer, prepared } = setUp({}, { onProduce: () => answer.promise });
    const first = producer.sendAll([record('a'), record('b')]);
    await clock.advance(1);
    const second = producer.sendAll([record('c'), record('d')]);
    assert.deepEqual(prepared, [['events-0 ×2']]);
    answer.resolve();
    await clock.advance(1);
    await Promise.all([first, second]);
  });

  it('lets those go first that must be sent again', async () => {
    const { clock, cluster, answer, requests, fates, stored } = await twoOutThreeWaiting();
    const error = refused('BROKER_BUSY');
    cluster.failNext({ outcome: { kind: 'retriable', error, refresh: false, mayHaveBeenWritten: false } });
    answer.resolve();
    await clock.advance(1_000);
    assert.deepEqual(requests, [['events-0 ×2'], ['events-0 ×5']]);
    assert.deepEqual(stored(), ['a', 'b', 'c', 'd', 'e']);
    assert.deepEqual(fates, ['stored', 'stored', 'stored', 'stored', 'stored']);
  });

  it('sends nothing that it told was not sent', async () => {
    const { clock, answer, fates, stored } = await twoOutThreeWaiting({ deliveryTimeout: 500 });
    await clock.advance(1_000);
    assert.deepEqual(fates, Array(5).fill('DEADLINE_EXCEEDED'));
    answer.resolve();
    await clock.advance(1_000);
    assert.deepEqual(stored(), ['a', 'b']);
  });
});
