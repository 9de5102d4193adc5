import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Connection } from '../../../src/telemetry/connection.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import type { Notice } from '../../../src/model/notice.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const error = new KafkaError('BROKER_UNREACHABLE', 'Nobody there.');
const stored: Outcome = { kind: 'stored' };
const lost: Outcome = { kind: 'unknown', error };

function setUp() {
  const notices: Notice[] = [];
  const clock = new FakeClock();
  const connection = new Connection((notice) => notices.push(notice), clock);
  const judge = (...outcomes: Outcome[]) => connection.judge({ outcomes });
  return { notices, clock, connection, judge };
}

describe('Connection', () => {
  it('is down until a broker has answered', () => {
    const { connection, notices } = setUp();
    assert.equal(connection.up, false);
    connection.answered();
    assert.equal(connection.up, true);
    assert.deepEqual(notices, []);
  });

  it('says once that nobody answers any more, and how long that lasted', async () => {
    const { connection, notices, clock, judge } = setUp();
    judge(stored);
    connection.allLost(error);
    await clock.advance(1_000);
    connection.allLost(error);
    assert.equal(connection.up, false);
    await clock.advance(2_500);
    judge(stored);
    assert.equal(connection.up, true);
    assert.deepEqual(notices, [
      { kind: 'disconnected', error },
      { kind: 'reconnected', downFor: 3_500 },
    ]);
  });

  // With all partitions on one leader, its loss was told as "No Kafka broker answers any more", while two answered who leads now.
  it('does not take the loss of a leader for that of the cluster', () => {
    const { connection, notices, judge } = setUp();
    judge(stored);
    judge(lost);
    judge({ kind: 'unreachable', error });
    assert.equal(connection.up, true);
    assert.deepEqual(notices, []);
  });

  it('does not take a request without an answer for an answer', () => {
    const { connection, judge } = setUp();
    connection.allLost(error);
    judge(lost, { kind: 'unreachable', error });
    assert.equal(connection.up, false);
  });

  const late = new KafkaError('BROKER_BUSY', 'Later.', { kafkaCode: 'REQUEST_TIMED_OUT' });
  for (const outcome of [
    { kind: 'rejected', error },
    { kind: 'unknown', error: late },
  ] as const) {
    it(`takes for an answer what a broker says of its own: ${outcome.kind}`, () => {
      const { connection, judge } = setUp();
      judge(outcome);
      assert.equal(connection.up, true);
    });
  }

  it('asks a lost cluster every two seconds until it answers', async () => {
    const { connection, clock } = setUp();
    let asked = 0;
    let away = true;
    connection.watch(() => {
      asked++;
      if (!away) connection.answered();
      else connection.allLost(error);
      return away ? Promise.reject(error) : Promise.resolve();
    });
    connection.answered();
    await clock.advance(60_000);
    assert.equal(asked, 0, 'nothing is asked while it is there');
    connection.allLost(error);
    await clock.advance(1_999);
    assert.equal(asked, 0);
    await clock.advance(4_001);
    assert.equal(asked, 3);
    away = false;
    await clock.advance(2_000);
    assert.equal(connection.up, true);
    await clock.advance(60_000);
    assert.equal(asked, 4);
    assert.equal(clock.pending, 0);
  });

  // A producer with records asks each second: with this question beside it, one connection more was tried every two seconds.
  it('asks two seconds after somebody else did', async () => {
    const { connection, clock } = setUp();
    let asked = 0;
    connection.watch(() => Promise.resolve(asked++));
    for (let second = 0; second < 60; second++) {
      connection.allLost(error);
      await clock.advance(1_000);
    }
    assert.equal(asked, 0);
    await clock.advance(1_000);
    assert.equal(asked, 1);
  });

  it('is not asked when it has answered before', async () => {
    const { connection, clock } = setUp();
    let asked = 0;
    connection.watch(() => Promise.resolve(asked++));
    connection.allLost(error);
    connection.answered();
    await clock.advance(60_000);
    assert.equal(asked, 0);
    assert.equal(clock.pending, 0);
  });

  // Some clusters lock out users who fail to log in.
  it('asks one that refuses us every half minute, and goes on where the question itself fails', async () => {
    const { connection, clock } = setUp();
    let asked = 0;
    connection.watch(() => {
      asked++;
      return Promise.reject(new Error('no answer at all'));
    });
    connection.allLost(new KafkaError('AUTHENTICATION_FAILED', 'No.'));
    await clock.advance(29_999);
    assert.equal(asked, 0);
    await clock.advance(60_001);
    assert.equal(asked, 3);
  });

  it('asks nothing once it is closed', async () => {
    const { connection, clock } = setUp();
    let asked = 0;
    connection.watch(() => Promise.resolve(asked++));
    connection.allLost(error);
    connection.close();
    await clock.advance(60_000);
    assert.equal(asked, 0);
    assert.equal(clock.pending, 0);
  });
});
