import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import type { FakeClock } from '../../support/fake-clock.ts';
import { errorOf, record, refused, setUp, watch } from './harness.ts';

/**
 * What is compressed comes from the thread pool, which no clock of a test moves. On a busy machine the clock once ran to the
 * deadline of 8 s before it came: each step takes a millisecond of real time, too.
 */
async function whileClockRuns<T>(clock: FakeClock, push: Promise<T>): Promise<T> {
  let over = false;
  const done = () => (over = true);
  void push.then(done, done);
  while (!over) {
    await clock.advance(5);
    await sleep(1);
  }
  return push;
}

const oversize = record('x'.repeat(2_000), { key: 'user-1' });

describe('dead letters', () => {
  it('keeps a rejected record untouched, tells why, and lets its push resolve', async () => {
    const { clock, cluster, producer, notices } = setUp(
      { deadLetterTopic: 'dead' },
      { topics: { events: 1, dead: 1 }, maxBatchBytes: 5_000 },
    );
    cluster.failNext({
      outcome: { kind: 'rejected', error: refused('RECORD_REJECTED', 'Not like this.') },
      topic: 'events',
    });
    const push = producer.send({
      ...oversize,
      headers: { 'content-type': 'application/json' },
      timestamp: 42,
    });
    await clock.advance(10);
    await push;
    const [letter] = cluster.records('dead');
    assert.equal(letter?.value?.toString(), 'x'.repeat(2_000));
    assert.equal(letter.key?.toString(), 'user-1');
    // The time of the harness: with the record's own, 42, the dead letter would be refused or deleted for it.
    assert.equal(letter.timestamp, 0);
    assert.deepEqual(letter.headers, {
      'content-type': 'application/json',
      'walkeros-dead-letter-topic': 'events',
      'walkeros-dead-letter-code': 'RECORD_REJECTED',
      'walkeros-dead-letter-message': 'Not like this.',
      'walkeros-dead-letter-attempts': '1',
      'walkeros-dead-letter-time': '1970-01-01T00:00:00.000Z',
      'walkeros-dead-letter-timestamp': '42',
    });
    assert.deepEqual(
      notices.map(({ kind }) => kind),
      ['dead-lettered'],
    );
  });

  it('counts the tries that were made: a topic that never appeared was asked for three times', async () => {
    const { clock, cluster, producer } = setUp(
      { deadLetterTopic: 'dead', retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 } },
      { topics: { dead: 1 } },
    );
    const push = producer.send(record('a', { topic: 'missing' }));
    await clock.advance(1_000);
    await push;
    assert.equal(cluster.records('dead')[0]?.headers['walkeros-dead-letter-attempts'], '3');
  });

  it('keeps all records of a topic that never appears, the first as well as those that come later', async () => {
    const { clock, cluster, producer } = setUp({ deadLetterTopic: 'dead' }, { topics: { dead: 1 } });
    const fates: string[][] = [];
    for (let second = 0; second < 12; second++) {
      fates.push(watch([producer.send(record(`${second}`, { topic: 'missing' }))]));
      await clock.advance(1_000);
    }
    await clock.advance(8_000);
    assert.deepEqual(fates.flat(), Array(12).fill('stored'));
    assert.equal(cluster.records('dead').length, 12);
  });

  it('rejects the push, naming both topics, when the dead-letter topic does not take it either', async () => {
    const { clock, producer } = setUp(
      { deadLetterTopic: 'dead' },
      { topics: { events: 1, dead: 1 }, maxBatchBytes: 1_000 },
    );
    // Compressed it would fit, if it were text.
    const error = errorOf(producer.send({ ...oversize, value: randomBytes(2_000) }));
    const { code, message } = await whileClockRuns(clock, error);
    assert.equal(code, 'DEAD_LETTER_FAILED');
    assert.match(
      message,
      /^Kafka topic "events" rejected the record \(.*\), and the dead-letter topic "dead" did not take/,
    );
  });

  it('keeps no key and no value as none, also where the dead letter is too large with all its headers', async () => {
    const { clock, cluster, producer } = setUp(
      { deadLetterTopic: 'dead' },
      { topics: { events: 1, dead: 1 } },
    );
    const bad = { kind: 'rejected', error: refused('RECORD_REJECTED', 'no') } as const;
    const tooLarge = { kind: 'splittable', error: refused('RECORD_TOO_LARGE', 'Too large.') } as const;
    cluster.failNext({ outcome: bad, topic: 'events' });
    await whileClockRuns(clock, producer.send({ ...record('v'), key: null }));
    cluster.failNext({ outcome: bad, topic: 'events' });
    cluster.failNext({ outcome: tooLarge, topic: 'dead' });
    await whileClockRuns(clock, producer.send({ ...record(''), value: null }));
    cluster.failNext({ outcome: bad, topic: 'events' });
    cluster.failNext({ outcome: tooLarge, topic: 'dead', times: 2 });
    const push = watch([producer.send({ ...record(''), value: null })]);
    await clock.advance(100);
    assert.deepEqual(push, ['DEAD_LETTER_FAILED']);
    assert.deepEqual(
      cluster.records('dead').map(({ key, value }) => [key, value].map((bytes) => bytes && String(bytes))),
      [
        [null, 'v'],
        ['k', null],
      ],
    );
  });

  // A dead letter is larger than its record by its headers: with the same limit on both topics it was refused, too, and lost.
  it('a dead letter that is too large goes with fewer headers, and then with its value compressed', async () => {
    const { clock, cluster, producer, notices } = setUp(
      { deadLetterTopic: 'dead' },
      { topics: { events: 1, dead: 1 } },
    );
    const tooLarge = { kind: 'splittable', error: refused('RECORD_TOO_LARGE', 'Too large.') } as const;
    const reason = 'x'.repeat(5_000);
    cluster.failNext({
      outcome: { kind: 'rejected', error: refused('RECORD_REJECTED', reason) },
      topic: 'events',
    });
    await whileClockRuns(clock, producer.send(oversize));
    cluster.failNext({
      outcome: { kind: 'rejected', error: refused('RECORD_REJECTED', 'no') },
      topic: 'events',
    });
    cluster.failNext({ outcome: tooLarge, topic: 'dead' });
    await whileClockRuns(clock, producer.send(oversize));
    cluster.failNext({
      outcome: { kind: 'rejected', error: refused('RECORD_REJECTED', 'no') },
      topic: 'events',
    });
    cluster.failNext({ outcome: tooLarge, topic: 'dead', times: 2 });
    await whileClockRuns(clock, producer.send(oversize));

    const [long, brief, packed] = cluster.records('dead');
    assert.equal(long?.headers['walkeros-dead-letter-message'], `${'x'.repeat(1_023)}…`);
    const needed = {
      'walkeros-dead-letter-topic': 'events',
      'walkeros-dead-letter-code': 'RECORD_REJECTED',
      'walkeros-dead-letter-timestamp': '0',
    };
    assert.deepEqual(brief?.headers, needed);
    assert.equal(brief.value?.toString(), 'x'.repeat(2_000));
    assert.deepEqual(packed?.headers, { ...needed, 'walkeros-dead-letter-encoding': 'zstd' });
    assert.ok(packed.value && packed.value.length < 100);
    assert.equal(zstdDecompressSync(packed.value).toString(), 'x'.repeat(2_000));
    assert.deepEqual(
      notices.map(({ kind }) => kind),
      ['dead-lettered', 'dead-lettered', 'dead-lettered'],
    );
  });

  it('gives up on a missing dead-letter topic by the deadline of the push', async () => {
    const { clock, producer } = setUp({ deadLetterTopic: 'dead' }, { maxBatchBytes: 1_000 });
    const error = errorOf(producer.send(oversize));
    await clock.advance(8_200);
    assert.equal((await error).code, 'DEAD_LETTER_FAILED');
  });

  it('a record that is not at fault never becomes a dead letter', async () => {
    const { clock, cluster, producer } = setUp(
      { deadLetterTopic: 'dead' },
      { topics: { events: 1, dead: 1 } },
    );
    cluster.cutOff();
    const error = errorOf(producer.send(record('a')));
    await clock.advance(8_200);
    assert.equal((await error).code, 'DEADLINE_EXCEEDED');
    assert.deepEqual(cluster.records('dead'), []);
  });
});
