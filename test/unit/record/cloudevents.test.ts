import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cloudEvents } from '../../../src/record/cloudevents.ts';
import { staticHeaders } from '../../../src/record/shape.ts';
import { event } from '../../support/flow.ts';

describe('the time of a CloudEvent', () => {
  const head = { topic: 'events', key: Buffer.from('k'), timestamp: 1, headers: staticHeaders({}) };
  const settings = { source: 'walkeros', typePrefix: 'walkeros.' };
  const timesOf = (timestamp: number) => {
    const of = (mode: 'binary' | 'structured') =>
      cloudEvents({ ...settings, mode })(head, {}, event({ timestamp }));
    const structured = JSON.parse(String(of('structured').value)) as { time?: string };
    return [of('binary').headers['ce_time'], structured.time];
  };

  it('is that of the event', () => {
    const last = '9999-12-31T23:59:59.999Z';
    assert.deepEqual(timesOf(253_402_300_799_999), [last, last]);
  });

  /** `+010000-01-01T…` is JavaScript's own form, which readers of CloudEvents refuse. */
  it('is left out where RFC 3339 has no form for it', () => {
    assert.deepEqual(timesOf(253_402_300_800_000), [undefined, undefined]);
    assert.deepEqual(timesOf(1_700_000_000_123_000), [undefined, undefined]);
  });
});
