import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checks } from '../../examples/downstream/check.ts';
import { sharedBroker } from '../support/broker.ts';

describe('Spark structured streaming', () => {
  it('counts events per minute, of the minutes for which no event can come any more', async () => {
    const [minutes] = await checks.spark((await sharedBroker()).brokers);
    assert.ok(minutes);
    assert.equal(minutes.found.length, 27);
    // The newest event is of 12:10:59.999, so 12:09 may still grow.
    assert.deepEqual(minutes.found.at(-1), { minute: '2026-01-05T12:08', name: 'product view', events: 7 });
    assert.deepEqual(minutes.found, minutes.expected);
  });
});
