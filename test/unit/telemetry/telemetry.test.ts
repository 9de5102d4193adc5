import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Telemetry } from '../../../src/telemetry/telemetry.ts';
import { KafkaError } from '../../../src/vocabulary/errors.ts';
import { FakeClock } from '../../support/fake-clock.ts';

// Five thousand records were refused in the last minute of a process, and its log said one.
it('telemetry that ends tells how many there were since the last line', async () => {
  const lines: string[] = [];
  const write = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const clock = new FakeClock();
  const telemetry = new Telemetry({
    id: 'kafka',
    clientId: 'walkeros',
    logger: { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') },
    traceparent: undefined,
    reportError: undefined,
    clock,
  });
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
