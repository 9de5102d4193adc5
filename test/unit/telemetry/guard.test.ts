import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { context, metrics, trace, type ContextManager, type Meter, type Tracer } from '@opentelemetry/api';
import { Telemetry } from '../../../src/telemetry/telemetry.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { event } from '../../support/flow.ts';
import { recordOf, reportOf } from './reports.ts';

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
    telemetry.connection.allLost(lost);
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
      telemetry.connection.allLost(lost);
      telemetry.connection.answered();
    }
    assert.deepEqual(
      lines.filter((line) => line.includes('counter is broken')),
      [
        'error A log handler or the OpenTelemetry SDK failed: counter is broken. Deliveries go on; lines, metrics or ' +
          'spans may be missing from here on.',
      ],
    );
  });

  describe('is not heard by deliveries: an OpenTelemetry SDK', () => {
    const told =
      'error A log handler or the OpenTelemetry SDK failed: exporter is broken. Deliveries go on; lines, metrics or ' +
      'spans may be missing from here on.';
    const fail = (): never => {
      throw new Error('exporter is broken');
    };
    /** Whatever is asked of it throws. */
    const broken = new Proxy({}, { get: () => fail });
    afterEach(() => {
      metrics.disable();
      trace.disable();
      context.disable();
    });

    function setUp() {
      const lines: string[] = [];
      return { lines, ...telemetryWith((level, message) => lines.push(`${level} ${message}`)) };
    }

    it('that cannot count', () => {
      metrics.setGlobalMeterProvider({ getMeter: () => broken as Meter });
      const requests = setUp();
      requests.telemetry.produced(reportOf());
      assert.deepEqual(requests.lines, [told]);
      const notices = setUp();
      notices.telemetry.notify({ kind: 'rejected', topic: 'events', error: lost });
      assert.deepEqual(notices.lines, ['error Nobody answers.', told]);
    });

    it('that makes no spans', () => {
      trace.setGlobalTracerProvider({ getTracer: () => broken as Tracer });
      const { telemetry, lines } = setUp();
      telemetry.produced(reportOf());
      assert.deepEqual(lines, [told]);
    });

    it('that does not know what is going on', () => {
      trace.setGlobalTracerProvider({ getTracer: () => broken as Tracer });
      const { telemetry, lines } = setUp();
      const manager: ContextManager = {
        active: fail,
        with: fail,
        bind: fail,
        enable: fail,
        disable: () => manager,
      };
      context.setGlobalContextManager(manager);
      const record = recordOf();
      assert.equal(
        telemetry.attachTrace?.(record, { event: event(), ingest: undefined, pushed: true }),
        record,
      );
      assert.deepEqual(lines, [told]);
    });
  });
});
