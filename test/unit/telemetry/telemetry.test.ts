import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Telemetry } from '../../../src/telemetry/telemetry.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { reportOf } from './reports.ts';

function setUp() {
  const lines: string[] = [];
  const reported: KafkaError[] = [];
  const write = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const clock = new FakeClock();
  const telemetry = new Telemetry({
    id: 'kafka',
    clientId: 'walkeros',
    logger: { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') },
    traceparent: undefined,
    reportError: (error) => reported.push(error),
    clock,
  });
  return { telemetry, lines, reported, clock };
}

// Five thousand records were refused in the last minute of a process, and its log said one.
it('telemetry that ends tells how many there were since the last line', async () => {
  const { telemetry, lines, clock } = setUp();
  const error = new KafkaError('RECORD_REJECTED', 'Topic "events": refused.');
  for (let n = 0; n < 5_000; n++) telemetry.notify({ kind: 'rejected', topic: 'events', error });
  telemetry.close();
  const all = [
    'error Topic "events": refused.',
    'error Topic "events": refused. (and 4998 more like it since the last line)',
  ];
  assert.deepEqual(lines, all);
  await clock.advance(600_000);
  assert.deepEqual(lines, all);
});

const lost = new KafkaError('BROKER_UNREACHABLE', 'Nobody answers.');

it('the loss of the cluster is reported to walkerOS, and nothing else is', () => {
  const { telemetry, reported } = setUp();
  telemetry.connected(['b1:9092']);
  telemetry.notify({ kind: 'rejected', topic: 'events', error: lost });
  assert.deepEqual(reported, []);
  telemetry.connection.allLost(lost);
  assert.deepEqual(reported, [lost]);
});

it('telemetry that has ended asks the cluster nothing', async () => {
  const { telemetry, clock } = setUp();
  let asked = 0;
  const waiting = { records: 0, bytes: 0, limit: 1 };
  telemetry.watch({
    waiting: () => waiting,
    spool: undefined,
    ready: () => true,
    ask: () => Promise.resolve(asked++),
  });
  telemetry.connection.allLost(lost);
  await clock.advance(2_000);
  assert.equal(asked, 1);
  telemetry.close();
  await clock.advance(60_000);
  assert.equal(asked, 1);
});

// What is cut off at the end read as an outage in the last line of every busy flow, and what it still got as its end.
it('telemetry that has ended tells of no connection that is lost or back', () => {
  const up = setUp();
  up.telemetry.connected(['b1:9092']);
  up.telemetry.close();
  up.telemetry.connection.allLost(lost);
  assert.deepEqual(up.lines, ['info Connected to Kafka at b1:9092.']);
  assert.deepEqual(up.reported, []);

  const down = setUp();
  down.telemetry.connectFailed(lost);
  down.telemetry.close();
  down.telemetry.connection.answered();
  down.telemetry.produced(reportOf());
  assert.deepEqual(down.lines, ['warn Nobody answers. Pushes wait for it until their deadline.']);
  assert.equal(down.telemetry.health().connected, false);
});
