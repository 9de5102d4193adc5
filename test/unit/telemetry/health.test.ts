import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kafkaHealth } from '../../../src/index.ts';
import { event, runFlow } from '../../support/flow.ts';
import { openOn, send } from './runtime.ts';

describe('health', () => {
  it('tells whether a broker answers, when one acknowledged last, and what waits', async () => {
    const { runtime, cluster } = await openOn({}, { bufferMemory: 2_000_000, deliveryTimeout: 300 });
    assert.deepEqual(runtime.health(), {
      id: 'kafka',
      connected: false,
      lastAcknowledgedAt: undefined,
      waiting: { records: 0, bytes: 0, limit: 2_000_000 },
      spool: undefined,
    });
    await runtime.connect();
    assert.equal(runtime.health().connected, true);
    const before = Date.now();
    await send(runtime);
    const { lastAcknowledgedAt } = runtime.health();
    assert.ok(
      lastAcknowledgedAt &&
        lastAcknowledgedAt.getTime() >= before &&
        lastAcknowledgedAt.getTime() <= Date.now(),
    );

    cluster.cutOff();
    const late = send(runtime);
    assert.deepEqual(runtime.health().waiting, { records: 1, bytes: 26, limit: 2_000_000 });
    assert.equal(await late, 'DEADLINE_EXCEEDED');
    assert.equal(runtime.health().connected, false);
    assert.deepEqual(runtime.health().lastAcknowledgedAt, lastAcknowledgedAt);

    cluster.restore();
    await send(runtime);
    assert.equal(runtime.health().connected, true);
    await runtime.close();
    assert.equal(runtime.health().connected, false);
  });

  it('is known of a topic that nobody could be asked about', async () => {
    const { runtime, cluster } = await openOn({}, { deliveryTimeout: 100 });
    await runtime.connect();
    cluster.cutOff();
    await send(runtime);
    assert.equal(runtime.health().connected, false);
    await runtime.close();
  });

  it('lists the destinations that have begun and not ended', async () => {
    const flows = await Promise.all(
      [1, 2].map(() =>
        runFlow(
          { kafka: { brokers: ['b1:9092'], topic: 'events' } },
          { env: { kafka: { send: () => undefined } } },
        ),
      ),
    );
    assert.deepEqual(kafkaHealth(), []);
    for (const flow of flows) await flow.push(event());
    assert.deepEqual(
      kafkaHealth().map(({ id, connected, waiting }) => ({ id, connected, waiting })),
      [1, 2].map(() => ({
        id: 'kafka',
        connected: true,
        waiting: { records: 0, bytes: 0, limit: 33_554_432 },
      })),
    );
    for (const flow of flows) await flow.stop();
    assert.deepEqual(kafkaHealth(), []);
  });
});
