import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { freshName, sharedBroker } from '../support/broker.ts';
import { startDemo } from '../support/demo-process.ts';
import { readBack } from '../support/reader.ts';
import { residentMemory } from '../support/resident-memory.ts';
import { faultsOf, visit } from '../support/visitors.ts';

/** In short; `npm run demo:visitors` goes on for a minute. */
describe('npm start with fifty visitors', () => {
  it('loses nothing, keeps every session in order, and holds its memory', async (t) => {
    const { brokers } = await sharedBroker();
    const demo = startDemo(t, brokers, '--port', '0', '--no-open');
    const origin = await demo.origin();
    // What a process needs once, code and buffers, is there after the first seconds.
    const warm = await visit({ origin, visitors: 50, seconds: 4, prefix: freshName('warm') });
    const before = await residentMemory(demo.pid);
    const visits = await visit({ origin, visitors: 50, seconds: 6, prefix: freshName('visitor') });
    const after = await residentMemory(demo.pid);
    t.diagnostic(`${visits.total} events, ${before.toFixed(0)} MB before, ${after.toFixed(0)} MB after`);
    assert.deepEqual([...warm.troubles, ...visits.troubles], []);
    assert.ok(visits.total > 500, `only ${visits.total} events`);
    // No waiting: what was answered is in Kafka or on its way there from the disk, and the end waits for that.
    demo.signal('SIGINT');
    assert.equal(await demo.exitCode(), 0, demo.complaints());
    const records = await readBack(brokers, 'demo-events');
    assert.deepEqual([...faultsOf(warm, records), ...faultsOf(visits, records)], []);
    // A leak of each event's size would be as much again; what is let go is not given back at once.
    assert.ok(after < before * 1.5 + 40, `${before} MB before, ${after} MB after`);
  });
});
