import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLog } from '../../../src/telemetry/log.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { KafkaError } from '../../../src/vocabulary/errors.ts';

function setUp() {
  const lines: string[] = [];
  const write = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const logger = { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') };
  const clock = new FakeClock();
  return { lines, clock, notify: createLog(logger, clock) };
}

const missing = (topic: string) => new KafkaError('TOPIC_MISSING', `Topic "${topic}" not found.`, { topic });

describe('log', () => {
  it('writes the same line about a topic once a minute, then with the number of those in between', async () => {
    const { lines, clock, notify } = setUp();
    for (let second = 0; second <= 60; second++) {
      notify({ kind: 'topic-missing', topic: 'a', error: missing('a') });
      await clock.advance(1_000);
    }
    assert.deepEqual(lines, [
      'error Topic "a" not found.',
      'error Topic "a" not found. (and 58 more like it since the last line)',
    ]);
  });

  // Twenty records went to the dead letters within a second, and the log said one for ever after.
  it('says how many there were when nothing more comes', async () => {
    const { lines, clock, notify } = setUp();
    const error = new KafkaError('RECORD_TOO_LARGE', 'Too large.');
    for (let n = 0; n < 20; n++) notify({ kind: 'rejected', topic: 'a', error });
    await clock.advance(59_999);
    assert.deepEqual(lines, ['error Too large.']);
    await clock.advance(1);
    assert.deepEqual(lines, [
      'error Too large.',
      'error Too large. (and 18 more like it since the last line)',
    ]);
    await clock.advance(600_000);
    assert.equal(lines.length, 2);
  });

  it('keeps topics apart', () => {
    const { lines, notify } = setUp();
    for (const topic of ['a', 'b', 'a']) notify({ kind: 'topic-missing', topic, error: missing(topic) });
    assert.deepEqual(lines, ['error Topic "a" not found.', 'error Topic "b" not found.']);
  });

  it('does not tell a second time that a topic is missing when its records fail for it', () => {
    const { lines, notify } = setUp();
    notify({ kind: 'topic-missing', topic: 'a', error: missing('a') });
    notify({ kind: 'rejected', topic: 'a', error: missing('a') });
    const error = new KafkaError('DEADLINE_EXCEEDED', 'Too late.', { cause: missing('a') });
    notify({ kind: 'gave-up', topic: 'a', error });
    assert.deepEqual(lines, ['error Topic "a" not found.']);
  });

  // A topic can be named by whoever sends events. Ten thousand that are missing were ten thousand lines a minute, and an
  // entry in memory each, for ever.
  it('writes a bounded number of lines however many topics are in trouble, and forgets those that no longer are', async () => {
    const { lines, clock, notify } = setUp();
    const error = new KafkaError('BROKER_BUSY', 'Kafka is busy.');
    for (let n = 0; n < 10_000; n++) notify({ kind: 'gave-up', topic: `t${n}`, error });
    assert.equal(lines.length, 101);
    await clock.advance(60_000);
    assert.equal(lines.length, 102);
    assert.equal(lines.at(-1), 'error Kafka is busy. (and 9898 more like it since the last line)');
    await clock.advance(60_000);
    for (let n = 20_000; n < 20_050; n++) notify({ kind: 'gave-up', topic: `t${n}`, error });
    assert.equal(lines.length, 152);
  });

  it('has a sentence and a level for every notice', () => {
    const { lines, notify } = setUp();
    const error = new KafkaError('BROKER_BUSY', 'Kafka is busy.');
    notify({ kind: 'connected', brokers: ['a:1', 'b:2'] });
    notify({ kind: 'connect-failed', error });
    notify({ kind: 'timestamp-replaced', event: 'page view', timestamp: 'NaN' });
    notify({ kind: 'retrying', topic: 't', error, delay: 300, records: 2 });
    notify({ kind: 'batch-halved', topic: 't', error, bytes: 2_000, records: 4 });
    notify({ kind: 'disconnected', error });
    notify({ kind: 'reconnected', downFor: 12_345 });
    notify({ kind: 'gave-up', topic: 't', error });
    notify({ kind: 'rejected', topic: 't', error });
    notify({ kind: 'dead-lettered', topic: 't', deadLetterTopic: 'dead', error });
    notify({ kind: 'buffer-full', bufferMemory: 1_000 });
    notify({ kind: 'client-rebuilt', error });
    notify({ kind: 'left-behind', records: 3 });
    notify({ kind: 'spool-left', topic: 't', records: 4 });
    notify({ kind: 'spool-damaged', path: 'a.db', movedTo: 'a.db.damaged-1', records: 5 });
    notify({ kind: 'spooling', topic: 't', why: error });
    notify({ kind: 'spooling', topic: 'u', why: undefined });
    notify({ kind: 'spool-drained', topic: 't' });
    notify({ kind: 'spool-refused', topic: 't', error });
    notify({ kind: 'spool-failed', error });
    assert.deepEqual(lines, [
      'info Connected to Kafka at a:1, b:2.',
      'warn Kafka is busy. Pushes wait for it until their deadline.',
      'warn Event "page view" has no usable timestamp (NaN): the time of sending is stored instead, here and for every event like it.',
      'warn Kafka topic "t": trying again in 300 ms. Kafka is busy.',
      'info Kafka topic "t": a batch of 4 records, 2000 bytes before compression, was too large for the broker and is sent in halves. Lower settings.kafka.batchSize, or raise max.message.bytes.',
      'warn No Kafka broker answers any more: Kafka is busy. Pushes wait until their deadline.',
      'info Kafka answers again, after 12.3 s.',
      'error Kafka is busy.',
      'error Kafka is busy.',
      'warn Kafka topic "t": a rejected record was stored in the dead-letter topic "dead". Kafka is busy.',
      'warn settings.kafka.bufferMemory (1000 bytes) is full: pushes wait for room. The cluster takes records more slowly than they come.',
      'warn The Kafka client was stuck although the cluster answers, and was replaced. Kafka is busy.',
      'error The destination closed with 3 records not acknowledged; each was rejected to its push.',
      'info The spool holds 4 records for Kafka topic "t" from an earlier run: they go first.',
      'error The spool "a.db" was damaged and is now "a.db.damaged-1"; a new one was begun with the 5 records that could still be read. Keep the old file if you need to look for more.',
      'warn Kafka topic "t": records go to the spool from here on, and to Kafka once it takes them. Kafka is busy.',
      'warn Kafka topic "u": records go to the spool from here on, and to Kafka once it takes them. There is no room left in settings.kafka.bufferMemory.',
      'info Kafka topic "t": everything in the spool was delivered.',
      'error Kafka topic "t" refused a record of the spool. It stays there and is tried again at the next start; settings.deadLetter would take it. Kafka is busy.',
      'error Kafka is busy.',
    ]);
  });
});
