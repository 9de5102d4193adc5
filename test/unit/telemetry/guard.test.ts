import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Telemetry } from '../../../src/telemetry/telemetry.ts';
import { KafkaError } from '../../../src/vocabulary/errors.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { reportOf } from './reports.ts';

type Line = (level: string, message: string) => void;

function telemetryWith(line: Line, reportError?: () => void) {
  const write = (level: string) => (message: string) => line(level, message);
  const logger = { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') };
  const clock = new FakeClock();
  const telemetry = new Telemetry({
    id: 'kafka',
    clientId: 'walkeros',
    logger,
    traceparent: undefined,
    reportError,
    clock,
  });
  return { telemetry, clock };
}

const lost = new KafkaError('BROKER_UNREACHABLE', 'Nobody answers.');

// A log handler that threw made an acknowledged request one of unknown fate: its records were sent again and again, and an
// idempotent producer's number was used for other records, which the broker then dropped.
describe('what listens, and throws', () => {
  it('is not heard by deliveries: the log', async () => {
    const { telemetry, clock } = telemetryWith(() => {
      throw new Error('EPIPE');
    });
    telemetry.connected(['b1:9092']);
    telemetry.unanswered(lost);
    telemetry.produced(reportOf());
    telemetry.notify({ kind: 'gave-up', topic: 'events', error: lost });
    telemetry.notify({ kind: 'gave-up', topic: 'events', error: lost });
    // The line that collects repetitions is written by a timer.
    await clock.advance(61_000);
    assert.notEqual(telemetry.health().lastAcknowledgedAt, undefined);
  });

  it('is named once in the log: the rest', () => {
    const lines: string[] = [];
    const { telemetry } = telemetryWith(
      (level, message) => lines.push(`${level} ${message}`),
      () => {
        throw new Error('counter is broken');
      },
    );
    telemetry.connected(['b1:9092']);
    for (let time = 0; time < 2; time++) {
      telemetry.unanswered(lost);
      telemetry.answered();
    }
    assert.deepEqual(
      lines.filter((line) => line.includes('counter is broken')),
      [
        'error A log handler or the OpenTelemetry SDK failed: counter is broken. Deliveries go on; lines, metrics or ' +
          'spans may be missing from here on.',
      ],
    );
  });
});
