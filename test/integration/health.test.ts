import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { freePorts } from '../../scripts/kafka/ports.ts';
import type { Settings } from '../../src/index.ts';
import { eventually } from '../support/eventually.ts';
import { event, runFlow } from '../support/flow.ts';
import { proxiedKafka } from '../support/proxied-kafka.ts';
import { tempFolder } from '../support/temp.ts';

const { proxy, topicOf } = await proxiedKafka();

/** The table of docs/telemetry.md, state by state; what needs no broker is in test/unit/telemetry/health-port.test.ts. */
describe('settings.health on a real broker', () => {
  function cutOff(): void {
    proxy.refuse();
    proxy.reset();
  }

  async function start(t: TestContext, settings: Omit<Settings, 'kafka'> = {}) {
    const topic = await topicOf('health');
    const [port = 0] = await freePorts(1);
    const kafka = { brokers: [proxy.address], topic, deliveryTimeout: 3_000, requestTimeout: 500 };
    const flow = await runFlow({ kafka, ...settings, health: { port } });
    t.after(() => flow.stop());
    const ask = (path: string): Promise<number> =>
      fetch(`http://127.0.0.1:${port}/${path}`).then(
        ({ status }) => status,
        () => 0,
      );
    const becomes = (status: number): Promise<boolean> =>
      // More than 32 a second would be a flood.
      eventually(`/ready answers ${status}`, async () => (await ask('ready')) === status, { everyMs: 100 });
    return { flow, ask, becomes };
  }

  it('without a spool: ready while Kafka answers, from before the first event to the last', async (t) => {
    const { flow, ask, becomes } = await start(t);
    // No event has come.
    await becomes(200);
    assert.equal((await flow.push(event())).ok, true);

    cutOff();
    assert.equal((await flow.push(event())).ok, false);
    await becomes(503);
    assert.equal(await ask('live'), 200);

    await proxy.accept();
    await becomes(200);
    await flow.stop();
    assert.equal(await ask('live'), 0, 'it is closed');
  });

  it('with a spool: ready through an outage until the spool is full, and not while it closes', async (t) => {
    const spool = { path: join(tempFolder(), 'kafka.spool'), maxBytes: 1_500 };
    const { flow, ask, becomes } = await start(t, { spool });
    await becomes(200);

    cutOff();
    assert.equal((await flow.push(event())).ok, true);
    assert.equal(await ask('ready'), 200, 'the spool takes events');
    const results = await Promise.all([1, 2, 3].map(() => flow.push(event())));
    assert.ok(results.some(({ ok }) => !ok));
    assert.equal(await ask('ready'), 503, 'it is full');
    assert.equal(await ask('live'), 200);

    await proxy.accept();
    await becomes(200);
    await eventually('all of it is delivered', () =>
      flow.log.some((line) => /spool was delivered/.test(line)),
    );

    cutOff();
    assert.equal((await flow.push(event())).ok, true);
    const stopped = flow.stop();
    assert.equal(await ask('ready'), 503, 'it closes');
    await stopped;
    assert.equal(await ask('live'), 0);
  });
});
