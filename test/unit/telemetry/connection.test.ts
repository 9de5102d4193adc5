import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Connection } from '../../../src/telemetry/connection.ts';
import { KafkaError } from '../../../src/vocabulary/errors.ts';
import type { Notice } from '../../../src/vocabulary/notice.ts';
import type { Outcome } from '../../../src/vocabulary/outcome.ts';
import { reportOf } from './reports.ts';

const error = new KafkaError('BROKER_UNREACHABLE', 'Nobody there.');
const stored: Outcome = { kind: 'stored' };
const lost: Outcome = { kind: 'unknown', error };

function setUp() {
  const notices: Notice[] = [];
  const time = { now: 0 };
  const connection = new Connection(
    (notice) => notices.push(notice),
    () => time.now,
  );
  const judge = (broker: string, outcome: Outcome) =>
    connection.judge(reportOf({ broker, outcomes: [outcome] }));
  return { notices, time, connection, judge };
}

describe('Connection', () => {
  it('is down until a broker has answered', () => {
    const { connection, notices } = setUp();
    assert.equal(connection.up, false);
    connection.answered();
    assert.equal(connection.up, true);
    assert.deepEqual(notices, []);
  });

  it('says once that nobody answers any more, and how long that lasted', () => {
    const { connection, notices, time, judge } = setUp();
    judge('b1:9092', stored);
    time.now = 1_000;
    judge('b1:9092', lost);
    judge('b1:9092', { kind: 'unreachable', error });
    assert.equal(connection.up, false);
    time.now = 4_500;
    judge('b1:9092', stored);
    assert.equal(connection.up, true);
    assert.deepEqual(notices, [
      { kind: 'disconnected', error },
      { kind: 'reconnected', downFor: 3_500 },
    ]);
  });

  // A frozen broker of three is no outage: two thirds of the records are stored meanwhile.
  it('is up while one broker of several answers', () => {
    const { connection, notices, judge } = setUp();
    judge('b1:9092', stored);
    judge('b2:9092', stored);
    judge('b1:9092', lost);
    assert.equal(connection.up, true);
    judge('b2:9092', lost);
    assert.equal(connection.up, false);
    assert.equal(notices.length, 1);
  });

  // A broker that has left the cluster is never asked again, so it would count as there for ever.
  it('does not count on a broker that has not been heard of for a minute', () => {
    const { connection, time, judge } = setUp();
    judge('gone:9092', stored);
    time.now = 60_001;
    judge('b1:9092', lost);
    assert.equal(connection.up, false);
  });

  it('takes a refusal for an answer', () => {
    const { connection, judge } = setUp();
    judge('b1:9092', { kind: 'rejected', error });
    assert.equal(connection.up, true);
  });

  it('is down when a question went round to all brokers in vain', () => {
    const { connection, notices, judge } = setUp();
    judge('b1:9092', stored);
    connection.allLost(error);
    assert.equal(connection.up, false);
    assert.deepEqual(notices, [{ kind: 'disconnected', error }]);
  });
});
