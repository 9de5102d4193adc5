import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checks } from '../../examples/downstream/check.ts';
import { sharedBroker } from '../support/broker.ts';

describe('Flink SQL', () => {
  it('counts events per minute by the time at which they happened', async () => {
    const [minutes] = await checks.flink((await sharedBroker()).brokers);
    assert.ok(minutes);
    assert.equal(minutes.found.length, 33);
    assert.deepEqual(minutes.found.at(-2), {
      minute: '2026-01-05T12:10',
      name: 'product add',
      events: 6,
      items: 12,
    });
    assert.deepEqual(minutes.found, minutes.expected);
  });
});
