import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMetering } from '../../../src/telemetry/meter.ts';
import { createSpans } from '../../../src/telemetry/spans.ts';
import { recordOf } from './reports.ts';
import { openOn } from './runtime.ts';

// At 25,000 events a second, a microsecond for each is a fortieth of the machine.
describe('without an OpenTelemetry SDK', () => {
  it('nothing is counted and no span is made', () => {
    assert.equal(createMetering('kafka'), undefined);
    assert.equal(createSpans('kafka', 'walkeros'), undefined);
  });

  it('no record is touched, and what is told is told of requests, not of records', async () => {
    const { runtime, told, log } = await openOn();
    assert.equal(runtime.attachTrace, undefined);
    const records = Array.from({ length: 10_000 }, () => recordOf());
    await runtime.producer.sendAll(records);
    assert.ok(told.requests > 0 && told.requests < 20, `${told.requests} requests`);
    assert.deepEqual(log, []);
    await runtime.close();
  });
});
