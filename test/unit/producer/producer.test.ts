import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorOf, record, refused, setUp, watch } from './harness.ts';

describe('the producer', () => {
  it('stores one push in one request', async () => {
    const { clock, cluster, producer, requests } = setUp();
    const fates = watch([producer.send(record('a'))]);
    await clock.advance(0);
    assert.deepEqual(fates, ['stored']);
    assert.deepEqual(requests, [['events-0 ×1']]);
    assert.equal(cluster.records('events')[0]?.value?.toString(), 'a');
  });

  it('puts what arrives during a request into the next ones: a thousand pushes, three requests', async () => {
    const answer = Promise.withResolvers<void>();
    const { clock, producer, requests } = setUp({}, { onProduce: () => answer.promise });
    const first = producer.send(record('first'));
    await clock.advance(1);
    const rest = Array.from({ length: 999 }, (_, index) => producer.send(record(String(index))));
    await clock.advance(1);
    assert.deepEqual(requests, [['events-0 ×1']]);
    answer.resolve();
    await clock.advance(1);
    await Promise.all([first, ...rest]);
    assert.deepEqual(requests, [['events-0 ×1'], ['events-0 ×500'], ['events-0 ×499']]);
  });

  it('evens out a thousand in flight: requests of 256 and 744 become 500 each', async () => {
    const answers: (() => void)[] = [];
    const { clock, producer, requests } = setUp(
      {},
      { onProduce: () => new Promise<void>((resolve) => void answers.push(resolve)) },
    );
    const pushes: Promise<void>[] = [];
    const push = (count: number): void => {
      for (let index = 0; index < count; index++) pushes.push(producer.send(record('v')));
    };
    producer.send(record('opens the topic')).catch(() => undefined);
    await clock.advance(1);
    answers.shift()?.();
    await clock.advance(1);
    push(1_000);
    for (let round = 0; round < 4; round++) {
      await clock.advance(1);
      const [acknowledged = 0] = (requests.at(-1) ?? []).map((batch) => Number(batch.split('×')[1]));
      answers.shift()?.();
      await clock.advance(1);
      push(acknowledged);
    }
    const sizes = requests.map(([batch]) => batch);
    assert.deepEqual(sizes, [
      'events-0 ×1',
      'events-0 ×256',
      'events-0 ×500',
      'events-0 ×500',
      'events-0 ×500',
      'events-0 ×500',
    ]);
  });

  it('sends the queues of one leader in one request, and another leader in its own', async () => {
    const { clock, producer, requests } = setUp({}, { topics: { events: 4 }, brokers: 2 });
    const pushes = Array.from({ length: 40 }, (_, key) => producer.send(record('v', { key: `key-${key}` })));
    await clock.advance(1);
    await Promise.all(pushes);
    assert.deepEqual(requests.map((batches) => batches.map((batch) => batch.split(' ')[0]).sort()).sort(), [
      ['events-0', 'events-2'],
      ['events-1', 'events-3'],
    ]);
  });

  it('a frozen leader delays its own queues only', async () => {
    const { clock, producer, cluster } = setUp(
      {},
      {
        topics: { events: 2 },
        brokers: 2,
        onProduce: (batches) => (batches[0]?.partition === 0 ? new Promise<void>(() => {}) : undefined),
      },
    );
    const fates = watch(['a', 'b', 'c', 'd'].map((key) => producer.send(record(key, { key }))));
    await clock.advance(50);
    const stored = cluster.records('events').map(({ value }) => value?.toString());
    assert.deepEqual([...new Set(fates)].sort(), ['pending', 'stored']);
    assert.equal(fates.filter((fate) => fate === 'stored').length, stored.length);
  });

  it('keeps the order of a key through a retry that younger records wait behind', async () => {
    const { clock, cluster, producer } = setUp();
    cluster.failNext({
      outcome: { kind: 'retriable', error: refused('BROKER_BUSY'), refresh: true, mayHaveBeenWritten: false },
      times: 2,
    });
    const pushes = [producer.send(record('1'))];
    await clock.advance(10);
    pushes.push(producer.send(record('2')), producer.send(record('3')));
    await clock.advance(2_000);
    assert.deepEqual(watch(pushes), ['pending', 'pending', 'pending']);
    await Promise.all(pushes);
    assert.deepEqual(
      cluster.records('events').map(({ value }) => value?.toString()),
      ['1', '2', '3'],
    );
  });

  it('halves a batch that is too large until only the oversize record is rejected, by name', async () => {
    const { clock, cluster, producer } = setUp({}, { maxBatchBytes: 5_000 });
    const good = Array.from({ length: 99 }, (_, index) => producer.send(record(`good ${index}`)));
    const bad = producer.send(record('x'.repeat(6_000)));
    const late = producer.send(record('good 99'));
    const error = errorOf(bad);
    await clock.advance(100);
    await Promise.all([...good, late]);
    assert.equal((await error).code, 'RECORD_TOO_LARGE');
    assert.match((await error).message, / This record has 6025 bytes before compression\.$/);
    assert.equal(cluster.records('events').length, 100);
  });

  it('rejects after `retries` answers of "try again", with the last reason and what it may have left behind', async () => {
    const { clock, cluster, producer } = setUp({
      retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 },
    });
    cluster.failNext({
      outcome: {
        kind: 'retriable',
        error: refused('BROKER_BUSY', 'Kafka topic "events": NOT_ENOUGH_REPLICAS_AFTER_APPEND.'),
        refresh: false,
        mayHaveBeenWritten: true,
      },
      times: 9,
    });
    const error = errorOf(producer.send(record('a')));
    await clock.advance(1_000);
    assert.equal(
      (await error).message,
      'Kafka topic "events": NOT_ENOUGH_REPLICAS_AFTER_APPEND. Gave up after 3 tries ' +
        '(settings.kafka.retry.retries); the record may have been written.',
    );
  });

  it('does not count an unreachable broker against `retries`, only against the deadline', async () => {
    const { clock, cluster, producer } = setUp({
      retry: { retries: 0, initialRetryTime: 300, maxRetryTime: 500 },
    });
    cluster.cutOff();
    const fates = watch([producer.send(record('a'))]);
    await clock.advance(7_000);
    assert.deepEqual(fates, ['pending']);
    cluster.restore();
    await clock.advance(900);
    assert.deepEqual(fates, ['stored']);
  });

  it('completes every push by its deadline against a broker that never answers', async () => {
    const { clock, producer } = setUp(
      { deliveryTimeout: 2_000 },
      { onProduce: () => new Promise<void>(() => {}) },
    );
    const first = errorOf(producer.send(record('a')));
    await clock.advance(500);
    const second = errorOf(producer.send(record('b')));
    await clock.advance(2_100);
    assert.equal((await first).code, 'DEADLINE_EXCEEDED');
    assert.equal(
      (await second).message,
      'Kafka topic "events": not acknowledged within deliveryTimeout (2000 ms); ' +
        'the record was not written. No answer came.',
    );
  });

  // A push failed with "was not written" at its deadline, or at the close, while its request was out, and its record was
  // then found in the topic: who pushed it again made a duplicate without knowing.
  it('says "may have been written" of a record whose request is still out at the deadline', async () => {
    const { clock, producer } = setUp(
      { deliveryTimeout: 2_000 },
      { onProduce: () => new Promise<void>(() => {}) },
    );
    const out = errorOf(producer.send(record('a')));
    await clock.advance(10);
    const behind = errorOf(producer.send(record('b')));
    await clock.advance(2_200);
    assert.deepEqual(
      [await out, await behind].map(({ mayHaveBeenWritten }) => mayHaveBeenWritten),
      [true, false],
    );
    assert.equal(
      (await out).message,
      'Kafka topic "events": not acknowledged within deliveryTimeout (2000 ms); ' +
        'the record may have been written. No answer came.',
    );
  });

  it('tells a record that only waited why those before it failed', async () => {
    const { clock, cluster, producer } = setUp({ deliveryTimeout: 2_000, maxRecordsPerBatch: 1 });
    cluster.failNext({ outcome: { kind: 'unknown', error: refused('REQUEST_FAILED') }, times: 99 });
    const out = errorOf(producer.send(record('a')));
    const behind = errorOf(producer.send(record('b')));
    await clock.advance(2_200);
    assert.equal((await out).mayHaveBeenWritten, true);
    assert.match((await behind).message, /; the record was not written\. Last failure: no/);
  });

  it('says "was not written" again once the broker has answered that it did not take the record', async () => {
    const { clock, cluster, producer } = setUp({ deliveryTimeout: 250 });
    const outcome = { kind: 'retriable', refresh: false, mayHaveBeenWritten: false } as const;
    cluster.failNext({ outcome: { ...outcome, error: refused('BROKER_BUSY') }, times: 9 });
    const error = errorOf(producer.send(record('a')));
    await clock.advance(400);
    assert.equal((await error).mayHaveBeenWritten, false);
  });

  // With the default settings the pauses are 0.3, 0.6, 1.2, 2.4, 4.8 s: after five seconds without a broker, the next
  // try came at 9.3 s, and every push had failed at its deadline of 8 s although the broker was back for three.
  it('tries again before the deadline when the cluster was away for five of eight seconds', async () => {
    const { clock, cluster, producer } = setUp();
    await Promise.all([producer.send(record('first')), clock.advance(1)]);
    cluster.cutOff();
    const known = watch([producer.send(record('a'))]);
    const unknown = watch([producer.send(record('b', { topic: 'other' }))]);
    await clock.advance(5_000);
    cluster.restore();
    cluster.createTopic('other', 1);
    await clock.advance(3_000);
    assert.deepEqual([...known, ...unknown], ['stored', 'stored']);
  });

  it('bounds its memory: what does not fit is blocked, and says so at the deadline', async () => {
    const { clock, producer, notices } = setUp(
      { deliveryTimeout: 1_000, bufferMemory: 250 },
      { onProduce: () => new Promise<void>(() => {}) },
    );
    const pushes = ['1', '2', '3', '4', '5'].map(() => producer.send(record('x'.repeat(95))));
    const fates = watch(pushes);
    await clock.advance(1_200);
    assert.deepEqual(fates, [
      'DEADLINE_EXCEEDED',
      'DEADLINE_EXCEEDED',
      'BUFFER_FULL',
      'BUFFER_FULL',
      'BUFFER_FULL',
    ]);
    assert.equal(notices.filter(({ kind }) => kind === 'buffer-full').length, 3);
  });

  it('admits blocked records, in their order, as room appears', async () => {
    const { clock, producer, cluster } = setUp({ bufferMemory: 250 });
    const fates = watch(['1', '2', '3', '4', '5'].map((v) => producer.send(record(v.repeat(95)))));
    await clock.advance(10);
    assert.deepEqual(fates, ['stored', 'stored', 'stored', 'stored', 'stored']);
    assert.equal(
      cluster
        .records('events')
        .map(({ value }) => value?.toString()[0])
        .join(''),
      '12345',
    );
  });

  it('completes a crowd of blocked records when its topic is refused', async () => {
    const { clock, cluster, producer } = setUp({ bufferMemory: 250 });
    cluster.cutOff();
    const fates = watch(Array.from({ length: 20_000 }, () => producer.send(record('x'.repeat(95)))));
    cluster.cutOff(refused('NOT_AUTHORIZED'));
    await clock.advance(500);
    assert.deepEqual([...new Set(fates)], ['NOT_AUTHORIZED']);
  });

  it('strands no record when a client breaks its promise and throws', async () => {
    let faults = 2;
    const { clock, cluster, producer } = setUp(
      {},
      {
        onProduce() {
          if (faults-- > 0) throw new TypeError('undefined is not a function');
        },
      },
    );
    const fates = watch([producer.send(record('a')), producer.send(record('b'))]);
    await clock.advance(10);
    assert.deepEqual(fates, ['pending', 'pending']);
    await clock.advance(2_000);
    assert.deepEqual(fates, ['stored', 'stored']);
    assert.deepEqual(
      cluster.records('events').map(({ value }) => value?.toString()),
      ['a', 'b'],
    );
  });

  it('sends a batch whole, and not its head first', async () => {
    const { clock, producer, requests } = setUp();
    await Promise.all([producer.send(record('opens the topic')), clock.advance(1)]);
    const batch = producer.sendAll(Array.from({ length: 600 }, () => record('v')));
    await Promise.all([batch, clock.advance(1)]);
    assert.deepEqual(requests, [['events-0 ×1'], ['events-0 ×600']]);
  });

  it('names exactly the failed of a batch', async () => {
    const { clock, producer } = setUp({}, { maxBatchBytes: 1_000 });
    const errors = producer.sendAll([record('a'), record('x'.repeat(2_000)), record('c')]);
    await clock.advance(10);
    assert.deepEqual(
      (await errors).map((error) => error?.code),
      [undefined, 'RECORD_TOO_LARGE', undefined],
    );
    assert.deepEqual(await producer.sendAll([]), []);
  });
});
