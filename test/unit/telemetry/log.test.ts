import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLog } from '../../../src/telemetry/log.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { KafkaError } from '../../../src/model/errors.ts';

function setUp() {
  const lines: string[] = [];
  const write = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const logger = { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') };
  const clock = new FakeClock();
  return { lines, logger, clock, notify: createLog(logger, clock) };
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

  it('counts the records that one notice stands for', async () => {
    const { lines, clock, notify } = setUp();
    const error = new KafkaError('DEADLINE_EXCEEDED', 'Too late.');
    notify({ kind: 'gave-up', topic: 'a', error, records: 1_000 });
    notify({ kind: 'gave-up', topic: 'a', error, records: 20 });
    await clock.advance(60_000);
    assert.deepEqual(lines, [
      'error Too late. (and 999 more like it since the last line)',
      'error Too late. (and 19 more like it since the last line)',
    ]);
  });

  // Twenty records went to the dead letters within a second, and the log said one for ever after.
  it('says how many there were when nothing more comes', async () => {
    const { lines, clock, notify } = setUp();
    const error = new KafkaError('RECORD_TOO_LARGE', 'Too large.');
    for (let n = 0; n < 20; n++) notify({ kind: 'rejected', topic: 'a', error });
    assert.equal(clock.pending, 1);
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
    notify({ kind: 'rejected', topic: 't1', error });
    assert.equal(lines.length, 102, 'each kind has a line for the rest');
    await clock.advance(60_000);
    assert.equal(lines.length, 103);
    assert.equal(lines.at(-1), 'error Kafka is busy. (and 9898 more like it since the last line)');
    await clock.advance(60_000);
    for (let n = 20_000; n < 20_050; n++) notify({ kind: 'gave-up', topic: `t${n}`, error });
    assert.equal(lines.length, 153);
  });

  // "No Kafka broker answers any more" was the last word of a log though one had answered again three seconds before; and an
  // outage that came soon after another was told only after a minute.
  it('tells at once that a state has changed, and ends with what is true', async () => {
    const { lines, clock, notify } = setUp();
    const error = new KafkaError('BROKER_UNREACHABLE', 'Nobody there.');
    notify({ kind: 'disconnected', error });
    await clock.advance(50_000);
    notify({ kind: 'reconnected', downFor: 50_000 });
    await clock.advance(5_000);
    notify({ kind: 'disconnected', error });
    await clock.advance(2_000);
    notify({ kind: 'reconnected', downFor: 2_000 });
    assert.deepEqual(lines, [
      'warn No Kafka broker answers any more: Nobody there. Pushes wait until their deadline.',
      'info Kafka answers again, after 50.0 s.',
      'warn No Kafka broker answers any more: Nobody there. Pushes wait until their deadline.',
      'info Kafka answers again, after 2.0 s.',
    ]);
    await clock.advance(600_000);
    assert.equal(lines.length, 4);
  });

  it('tells of a state that flaps every fifteen seconds what it is then, and how often it changed', async () => {
    const { lines, clock, notify } = setUp();
    const error = new KafkaError('BROKER_UNREACHABLE', 'Nobody there.');
    for (let second = 0; second < 66; second += 2) {
      notify(second % 4 === 0 ? { kind: 'disconnected', error } : { kind: 'reconnected', downFor: 2_000 });
      await clock.advance(2_000);
    }
    // Down since 64 s.
    await clock.advance(600_000);
    assert.deepEqual(lines, [
      'warn No Kafka broker answers any more: Nobody there. Pushes wait until their deadline.',
      'info Kafka answers again, after 2.0 s.',
      'warn No Kafka broker answers any more: Nobody there. Pushes wait until their deadline.',
      'info Kafka answers again, after 2.0 s.',
      // At 15 s, 30, 45, 60 and 75.
      'info Kafka answers again, after 2.0 s. (the latest of 4 changes since the last line)',
      'warn No Kafka broker answers any more: Nobody there. Pushes wait until their deadline. (the latest of 7 changes since the last line)',
      'warn No Kafka broker answers any more: Nobody there. Pushes wait until their deadline. (the latest of 8 changes since the last line)',
      'info Kafka answers again, after 2.0 s. (the latest of 7 changes since the last line)',
      'warn No Kafka broker answers any more: Nobody there. Pushes wait until their deadline. (the latest of 3 changes since the last line)',
    ]);
  });

  // walkerOS begins a destination as often as there are first pushes, and each of them tells what became of the connection.
  it('tells a state once, however many tell of it', async () => {
    const { lines, clock, notify } = setUp();
    const error = new KafkaError('BROKER_UNREACHABLE', 'Nobody there.');
    for (let n = 0; n < 10; n++) notify({ kind: 'connect-failed', error });
    await clock.advance(1_000);
    notify({ kind: 'reconnected', downFor: 1_000 });
    for (let n = 0; n < 10; n++) notify({ kind: 'connected', brokers: ['b1:9092'] });
    await clock.advance(600_000);
    assert.deepEqual(lines, [
      'warn Nobody there. Pushes wait for it until their deadline.',
      'info Kafka answers again, after 1.0 s.',
      'info Connected to Kafka at b1:9092.',
    ]);
  });

  it('ends with what is true where it flaps from the start', async () => {
    const { lines, clock, notify } = setUp();
    const error = new KafkaError('BROKER_UNREACHABLE', 'Nobody there.');
    for (let n = 0; n < 3; n++) {
      notify({ kind: 'connect-failed', error });
      notify({ kind: 'connected', brokers: ['b1:9092'] });
    }
    assert.equal(lines.length, 4);
    await clock.advance(600_000);
    assert.deepEqual(lines.slice(4), [
      'info Connected to Kafka at b1:9092. (the latest of 2 changes since the last line)',
    ]);
  });

  it('has one story for each topic’s spool, and one for those of all topics beyond the first hundred', async () => {
    const { lines, clock, notify } = setUp();
    notify({ kind: 'spool-left', topic: 't', records: 4 });
    for (let n = 0; n < 2; n++) {
      notify({ kind: 'spooling', topic: 't', why: 'no-room' });
      notify({ kind: 'spool-drained', topic: 't', refused: n });
    }
    assert.equal(lines.length, 4);
    await clock.advance(15_000);
    assert.deepEqual(lines.slice(4), [
      'info Kafka topic "t": everything in the spool was delivered, but for 1 record that the broker refused: it stays in it.',
    ]);
    await clock.advance(600_000);
    lines.length = 0;
    for (let n = 0; n < 200; n++) notify({ kind: 'spooling', topic: `t${n}`, why: 'no-room' });
    assert.equal(lines.length, 104);
    for (let n = 100; n < 200; n++) notify({ kind: 'spool-drained', topic: `t${n}`, refused: 0 });
    await clock.advance(600_000);
    assert.deepEqual(lines.slice(104), [
      'info Kafka topic "t199": everything in the spool was delivered. (the latest of 196 changes since the last line)',
    ]);
  });

  it('shows the newest of those that it counts', async () => {
    const { lines, clock, notify } = setUp();
    const error = new KafkaError('BROKER_BUSY', 'Kafka is busy.');
    for (const delay of [100, 200, 400]) notify({ kind: 'retrying', topic: 't', error, delay, records: 1 });
    await clock.advance(60_000);
    assert.deepEqual(lines, [
      'warn Kafka topic "t": trying again in 100 ms. Kafka is busy.',
      'warn Kafka topic "t": trying again in 400 ms. Kafka is busy. (and 1 more like it since the last line)',
    ]);
  });

  // Fifty dead letters of a second cause were "50 more like" the one of the first.
  it('keeps causes apart, and topics', () => {
    const { lines, notify } = setUp();
    const large = new KafkaError('RECORD_TOO_LARGE', 'Too large.');
    const invalid = new KafkaError('VALUE_INVALID', 'No "total".');
    const few = new KafkaError('BROKER_BUSY', 'Too few replicas.', { kafkaCode: 'NOT_ENOUGH_REPLICAS' });
    const moved = new KafkaError('BROKER_BUSY', 'The leader moved.', { kafkaCode: 'NOT_LEADER_OR_FOLLOWER' });
    for (const topic of ['a', 'b', 'a']) {
      for (const error of [large, invalid]) {
        notify({ kind: 'dead-lettered', topic, deadLetterTopic: 'dead', error });
        notify({ kind: 'rejected', topic, error });
      }
      for (const error of [few, moved]) {
        notify({ kind: 'retrying', topic, error, delay: 5, records: 1 });
        notify({ kind: 'gave-up', topic, error });
        notify({ kind: 'spool-refused', topic, error });
        notify({ kind: 'schema-unavailable', topic, error, inUse: true });
      }
      notify({ kind: 'batch-halved', topic, error: large, bytes: 5, records: 2 });
    }
    for (const error of [large, invalid, large]) notify({ kind: 'spool-failed', error });
    assert.deepEqual(lines, [
      ...['a', 'b'].flatMap((topic) => [
        `warn Kafka topic "${topic}": a rejected record was stored in the dead-letter topic "dead". Too large.`,
        'error Too large.',
        `warn Kafka topic "${topic}": a rejected record was stored in the dead-letter topic "dead". No "total".`,
        'error No "total".',
        `warn Kafka topic "${topic}": trying again in 5 ms. Too few replicas.`,
        'error Too few replicas.',
        `error Kafka topic "${topic}" refused a record of the spool. It stays there and is tried again at the next start; settings.deadLetter would take it. Too few replicas.`,
        `warn Too few replicas. The schema known so far of topic "${topic}" stays in use.`,
        `warn Kafka topic "${topic}": trying again in 5 ms. The leader moved.`,
        'error The leader moved.',
        `error Kafka topic "${topic}" refused a record of the spool. It stays there and is tried again at the next start; settings.deadLetter would take it. The leader moved.`,
        `warn The leader moved. The schema known so far of topic "${topic}" stays in use.`,
        `info Kafka topic "${topic}": a batch of 2 records, 5 bytes before compression, was too large for the broker and is sent in halves. Lower settings.kafka.batchSize, or raise max.message.bytes.`,
      ]),
      'error Too large.',
      'error No "total".',
    ]);
  });

  it('writes what it has counted when it is flushed, and only then', async () => {
    const { lines, clock, notify } = setUp();
    const error = new KafkaError('RECORD_TOO_LARGE', 'Too large.');
    const reject = (topic: string): void => notify({ kind: 'rejected', topic, error });
    for (const topic of ['a', 'a', 'a', 'b', 'c', 'c']) reject(topic);
    await clock.advance(10_000);
    lines.length = 0;
    notify.flush();
    const flushed = ['error Too large. (and 1 more like it since the last line)', 'error Too large.'];
    assert.deepEqual(lines, flushed);
    notify.flush();
    await clock.advance(600_000);
    assert.deepEqual(lines, flushed);
  });

  // A busy process runs its timers late, and new topics come meanwhile.
  it('forgets nothing that it has still to write', () => {
    const { lines, logger } = setUp();
    let now = 0;
    const notify = createLog(logger, { now: () => now, after: () => undefined });
    const error = new KafkaError('RECORD_TOO_LARGE', 'Too large.');
    for (let n = 0; n < 100; n++) {
      for (let time = 0; time < 3; time++) notify({ kind: 'rejected', topic: `t${n}`, error });
    }
    now = 60_000;
    notify({ kind: 'rejected', topic: 'new', error });
    lines.length = 0;
    notify.flush();
    assert.equal(lines.length, 100);
    assert.equal(lines[99], 'error Too large. (and 1 more like it since the last line)');
  });

  it('goes on at the same pace after it was flushed', async () => {
    const { lines, clock, notify } = setUp();
    const error = new KafkaError('RECORD_TOO_LARGE', 'Too large.');
    const reject = (): void => notify({ kind: 'rejected', topic: 'a', error });
    reject();
    reject();
    await clock.advance(10_000);
    notify.flush();
    reject();
    await clock.advance(109_999);
    assert.deepEqual(lines, ['error Too large.', 'error Too large.']);
    await clock.advance(1);
    assert.deepEqual(lines, ['error Too large.', 'error Too large.', 'error Too large.']);
    assert.equal(clock.pending, 0);
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
    notify({ kind: 'buffer-full', bufferMemory: 1_000, spooled: false });
    notify({ kind: 'left-behind', records: 3 });
    notify({ kind: 'spool-stays', path: 'a.db', records: 1 });
    notify({ kind: 'spool-left', topic: 't', records: 4 });
    notify({ kind: 'spool-damaged', path: 'a.db', movedTo: 'a.db.damaged-1', records: 5 });
    notify({ kind: 'spooling', topic: 't', why: error });
    notify({ kind: 'spooling', topic: 'u', why: 'no-room' });
    notify({ kind: 'spool-drained', topic: 't', refused: 0 });
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
      'error The destination closed with 3 records not acknowledged; each was rejected to its push.',
      'info 1 record stays in the spool a.db.',
      'info The spool holds 4 records for Kafka topic "t" from an earlier run, to be sent first.',
      'error The spool "a.db" was damaged and is now "a.db.damaged-1"; a new one was begun with the 5 records that could still be read. Keep the old file if you need to look for more.',
      'warn Kafka topic "t": records go to the spool from here on, and to Kafka once it takes them. Kafka is busy.',
      'warn Kafka topic "u": records go to the spool from here on, and to Kafka once it takes them. There is no room left in settings.kafka.bufferMemory.',
      'info Kafka topic "t": everything in the spool was delivered.',
      'error Kafka topic "t" refused a record of the spool. It stays there and is tried again at the next start; settings.deadLetter would take it. Kafka is busy.',
      'error Kafka is busy.',
    ]);
  });
});
