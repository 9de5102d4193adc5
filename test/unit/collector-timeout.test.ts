import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startFlow } from '@walkeros/collector';
import type { Destination, WalkerOS } from '@walkeros/core';
import { destinationKafka, KafkaError } from '../../src/index.ts';
import type { Types } from '../../src/types.ts';
import { eventually } from '../support/eventually.ts';
import { event } from '../support/flow.ts';

type Config = Destination.Config<Types>;

const settings = { kafka: { brokers: ['b1:9092'], topic: 'events' } };

async function flowOf(configs: Readonly<Record<string, Config>>) {
  const sent: unknown[] = [];
  const env = { kafka: { send: (message: unknown) => void sent.push(message) } };
  const destinations = Object.fromEntries(
    Object.entries(configs).map(([id, config]) => [
      id,
      { code: destinationKafka, config: { env, ...config } },
    ]),
  );
  const { collector } = await startFlow({ destinations, logger: { handler: () => undefined } });
  return {
    collector,
    sent,
    push: (one: WalkerOS.Event = event()) => collector.push(one),
    timeoutOf: (id = 'kafka') => collector.destinations[id]?.config.timeout,
    stop: () => collector.command('shutdown'),
  };
}

// The collector gives up on a push after 10 s, so `deliveryTimeout` was 8 s, and a push failed while a leader was replaced.
describe('the limit of the collector ends after deliveryTimeout', () => {
  it('is raised by the first of many pushes, once and for all', async () => {
    const flow = await flowOf({ kafka: { settings } });
    const results = await Promise.all(Array.from({ length: 50 }, () => flow.push()));
    assert.ok(results.every(({ ok }) => ok));
    assert.equal(flow.timeoutOf(), 37_500);
    await flow.push();
    assert.equal(flow.timeoutOf(), 37_500);
    assert.equal(flow.sent.length, 51);
    await flow.stop();
  });

  it('is raised where the collector makes batches', async () => {
    const flow = await flowOf({ kafka: { settings, batch: { size: 2, wait: 1 } } });
    await Promise.all([flow.push(), flow.push()]);
    assert.equal(flow.timeoutOf(), 37_500);
    await flow.stop();
    assert.equal(flow.sent.length, 2);
  });

  it('is raised to fit a deliveryTimeout of the user, and only if need be', async () => {
    const flow = await flowOf({
      long: { settings: { kafka: { ...settings.kafka, deliveryTimeout: 120_000 } } },
      short: { settings: { kafka: { ...settings.kafka, deliveryTimeout: 2_000 } } },
    });
    await flow.push();
    assert.deepEqual([flow.timeoutOf('long'), flow.timeoutOf('short')], [150_000, 10_000]);
    await flow.stop();
  });

  it('stays what the user has set, also beside another destination on the same settings object', async () => {
    const flow = await flowOf({ lenient: { settings }, strict: { settings, timeout: 5_000 } });
    await Promise.all([flow.push(), flow.push()]);
    assert.deepEqual([flow.timeoutOf('lenient'), flow.timeoutOf('strict')], [37_500, 5_000]);
    await flow.stop();
  });

  it('is raised anew where the same configuration serves another flow', async () => {
    const config = { settings };
    const first = await flowOf({ kafka: config });
    await first.push();
    await first.stop();
    const second = await flowOf({ kafka: config });
    await second.push();
    assert.deepEqual(
      [second.timeoutOf(), Object.keys(config)],
      [37_500, ['settings']],
      'and is left as it was',
    );
    await second.stop();
  });

  it('keeps everything else of the configuration', async () => {
    const mapping = { page: { view: { settings: { topic: 'pages' } } } };
    const config = { settings, mapping, id: 'kafka', loggerName: 'x' } as Config;
    const flow = await flowOf({ kafka: config });
    await flow.push();
    const now = flow.collector.destinations['kafka']?.config;
    assert.deepEqual({ ...now, env: undefined }, { ...config, env: undefined, timeout: 37_500, init: true });
    assert.equal(now?.settings, settings);
    await flow.stop();
  });

  // Nobody asks `init` then: the collector goes on waiting ten seconds.
  it('cannot be raised where a flow says that init has run: pushes fit into it', async () => {
    const flow = await flowOf({ kafka: { settings: { kafka: settings.kafka }, init: true } });
    assert.ok((await flow.push()).ok);
    assert.equal(flow.timeoutOf(), undefined);
    await flow.stop();
  });

  // deliveryTimeout is 30 s by default: the collector would have given up first, with an error that names no cause.
  it('of the user is kept: the push, or its batch, is told before it, with the cause', async () => {
    const nobody = { kafka: { brokers: ['127.0.0.1:1'], topic: 'events' } };
    for (const batch of [undefined, { size: 1, wait: 1 }]) {
      const flow = await flowOf({
        kafka: { settings: { ...nobody }, env: {}, timeout: 1_000, ...(batch && { batch }) },
      });
      await flow.push();
      await eventually('it failed', () => flow.collector.status.destinations['kafka']?.failed === 1);
      const [, error] = flow.collector.destinations['kafka']?.dlq?.[0] ?? [];
      assert.ok(error instanceof KafkaError, String(error));
      assert.equal(error.code, 'DEADLINE_EXCEEDED');
      assert.match(error.message, /deliveryTimeout \(800 ms\).*Cannot reach Kafka at 127\.0\.0\.1:1/);
      await flow.stop();
    }
  });
});
