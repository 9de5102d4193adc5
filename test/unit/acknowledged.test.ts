import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startFlow } from '@walkeros/collector';
import type { Collector, Destination, Elb } from '@walkeros/core';
import { destinationKafka, KafkaError, kafkaHealth } from '../../src/index.ts';
import { lock } from '../../src/spool/sqlite/lock.ts';
import type { Settings, Types } from '../../src/types.ts';
import { eventually } from '../support/eventually.ts';
import { event, runFlow, type TestFlow } from '../support/flow.ts';
import { tempFolder } from '../support/temp.ts';

const kafka = { brokers: ['b1:9092'], topic: 'events' };

/** A flow on a simulated cluster, which says what it has stored. */
async function simulatedFlow(
  settings: Settings = { kafka },
  config: Omit<Destination.Config<Types>, 'settings' | 'env'> = {},
): Promise<TestFlow & { readonly stored: string[] }> {
  const stored: string[] = [];
  const send = ({ messages }: { messages: { value: string | null }[] }): void => {
    for (const { value } of messages) stored.push((JSON.parse(String(value)) as { id: string }).id);
  };
  const flow = await runFlow(settings, { ...config, env: { kafka: { send } } });
  return { ...flow, stored };
}

const codeOf = ({ ok, failed }: Elb.PushResult): string => {
  if (ok) return 'ok';
  const error = failed?.kafka?.error;
  return error instanceof KafkaError ? error.code : String(error);
};

const ids = (count: number): string[] => Array.from({ length: count }, (_, n) => `${n}`.padStart(16, '0'));

// `init` threw, after which the collector answered every push with `ok: true` and stored none: 68,996 of a chaos run.
describe('settings that cannot work: no push is acknowledged', () => {
  const wrong: [title: string, settings: unknown, says: string[]][] = [
    ['no settings at all', undefined, ['settings: ']],
    ['settings that are null', null, ['settings: ']],
    ['settings that are text', 'kafka:9092', ['settings: ']],
    ['settings that are a list', [kafka], ['settings: ']],
    ['none of Kafka', {}, ['settings.kafka: is missing']],
    [
      'no topic, and a wrong codec',
      { kafka: { brokers: ['b1:9092'], compression: 'zip' } },
      ['settings.kafka.topic: is missing', 'settings.kafka.compression: "zip" is not one of'],
    ],
    [
      'settings that contradict one another',
      { kafka: { ...kafka, acks: 1, idempotent: true } },
      ['settings.kafka.idempotent: needs settings.kafka.acks -1'],
    ],
    ['a path without a folder', { kafka, spool: { path: '' } }, ['settings.spool.path: is empty']],
    [
      'a wrong deliveryTimeout',
      { kafka: { ...kafka, deliveryTimeout: 'long' } },
      ['settings.kafka.deliveryTimeout: must be a whole number'],
    ],
  ];
  for (const [title, settings, says] of wrong) {
    it(title, async () => {
      const flow = await runFlow(settings as Settings);
      const first = await Promise.all(ids(50).map((id) => flow.push(event({ id }))));
      const later = await flow.push(event());
      assert.deepEqual([...new Set([...first, later].map(codeOf))], ['SETTINGS_INVALID']);
      const lines = flow.log.filter((line) => line.includes('cannot start'));
      const told = lines.filter((line) => line.startsWith('ERROR The Kafka destination cannot start: '));
      assert.equal(told.length, 1, flow.log.join('\n'));
      const healths = kafkaHealth();
      assert.deepEqual(
        healths.map(({ connected, error }) => [connected, error?.code]),
        [[false, 'SETTINGS_INVALID']],
      );
      for (const text of says) {
        assert.ok(told[0]?.includes(text), told[0]);
        assert.ok(healths[0]?.error?.message.includes(text));
      }
      await flow.stop();
      assert.deepEqual(kafkaHealth(), []);
      assert.equal((await flow.push(event())).ok, false);
    });
  }

  it('with config.batch the events fail when the batch is sent', async () => {
    const flow = await runFlow({ kafka: { ...kafka, acks: 2 as 1 } }, { batch: { size: 3, wait: 60_000 } });
    const results = await Promise.all(ids(3).map((id) => flow.push(event({ id }))));
    // The collector has not asked the destination yet: docs/acknowledgements.md.
    assert.deepEqual(
      results.map(({ ok, done }) => [ok, done]),
      ids(3).map(() => [true, undefined]),
    );
    const { destinations } = flow.collector;
    await eventually('they failed', () => flow.collector.status.destinations['kafka']?.failed === 3);
    assert.deepEqual(
      destinations['kafka']?.dlq?.map(([, error]) => (error as KafkaError).code),
      ['SETTINGS_INVALID', 'SETTINGS_INVALID', 'SETTINGS_INVALID'],
    );
    await flow.stop();
  });

  it('and the other destinations of the flow go on', async () => {
    const pushed: string[] = [];
    const other = { type: 'other', config: {}, push: ({ id }: { id: string }) => void pushed.push(id) };
    const { collector } = await startFlow({
      destinations: {
        kafka: { code: destinationKafka, config: { settings: {} as Settings } },
        other: { code: other, config: {} },
      },
      logger: { handler: () => undefined },
    });
    const { ok, done } = await collector.push(event());
    assert.deepEqual([ok, Object.keys(done ?? {}), pushed], [false, ['other'], ['1f0c2a9d4b7e8f31']]);
    await collector.command('shutdown');
  });
});

describe('an acknowledged event is stored', () => {
  // The line that says what is wrong threw, and with it `init`.
  it('where the log handler throws at what the destination says', async () => {
    const stored: unknown[] = [];
    const { collector } = await startFlow({
      destinations: {
        kafka: {
          code: destinationKafka,
          config: {
            settings: { kafka: { ...kafka, clientId: 'my shop' } },
            env: { kafka: { send: (message: unknown) => void stored.push(message) } },
          },
        },
      },
      logger: {
        level: 'WARN',
        handler: (_level, message) => {
          throw new Error(`no disk for: ${message}`);
        },
      },
    });
    assert.deepEqual([(await collector.push(event())).ok, stored.length], [true, 1]);
    await collector.command('shutdown');
  });

  it('where 200 first pushes race with a shutdown', async () => {
    const flow = await simulatedFlow();
    const pushes = ids(200).map((id) => flow.push(event({ id })).then(({ ok }) => (ok ? [id] : [])));
    await flow.stop();
    const acknowledged = (await Promise.all(pushes)).flat();
    assert.deepEqual(
      acknowledged.filter((id) => !flow.stored.includes(id)),
      [],
    );
  });

  it('where destroy runs while the destination is being opened', async () => {
    const path = join(tempFolder(), 'kafka.spool');
    const owner = await lock(path, 0);
    const flow = await runFlow({ kafka: { ...kafka, deliveryTimeout: 300 }, spool: { path } });
    const pushes = ids(3).map((id) => flow.push(event({ id })));
    await eventually('init runs', () => flow.log.some((line) => line === 'DEBUG init'));
    const stopped = flow.stop();
    owner.close();
    await stopped;
    assert.deepEqual((await Promise.all(pushes)).map(codeOf), Array(3).fill('DESTINATION_CLOSED'));
    assert.equal(codeOf(await flow.push(event())), 'DESTINATION_CLOSED');
    assert.deepEqual(kafkaHealth(), []);
  });

  it('after a shutdown, whether or not an event came before', async () => {
    const used = await simulatedFlow();
    await used.push(event());
    await used.stop();
    assert.equal(codeOf(await used.push(event())), 'DESTINATION_CLOSED');
    const unused = await simulatedFlow();
    await unused.stop();
    const { ok } = await unused.push(event());
    assert.equal(ok, unused.stored.length === 1);
    await destinationKafka.destroy?.(destroyContext(unused.collector));
  });

  it('while one destination takes the place of another', async () => {
    const flow = await simulatedFlow();
    await flow.push(event());
    const before = flow.collector.destinations['kafka'];
    const pushes = ids(50).map((id) => flow.push(event({ id })).then(({ ok }) => (ok ? [id] : [])));
    const context = destroyContext(flow.collector);
    const config = { id: 'kafka', settings: { kafka: { ...kafka, topic: 'next' } }, env: before?.config.env };
    const swapped = flow.collector.command('destination', { code: destinationKafka, config });
    await destinationKafka.destroy?.(context);
    await swapped;
    assert.equal((await flow.push(event({ id: 'after' }))).ok, true);
    const acknowledged = (await Promise.all(pushes)).flat();
    assert.deepEqual(
      [...acknowledged, 'after'].filter((id) => !flow.stored.includes(id)),
      [],
    );
    await flow.stop();
  });

  it('where a mapping throws', async () => {
    const map = {
      id: 'id',
      total: {
        fn: () => {
          throw new Error('no total');
        },
      },
    };
    const flow = await simulatedFlow(undefined, { data: { map } });
    const { ok } = await flow.push(event());
    assert.equal(ok, flow.stored.length === 1);
    await flow.stop();
  });

  it('where an event cannot be written, with its neighbours in the same turn', async () => {
    const flow = await simulatedFlow();
    const bad = { ...event(), data: { n: 1n } } as never;
    const results = await Promise.all([flow.push(event()), flow.push(bad), flow.push(event({ id: 'last' }))]);
    assert.deepEqual(results.map(codeOf), ['ok', 'EVENT_NOT_SERIALIZABLE', 'ok']);
    assert.deepEqual(flow.stored, ['1f0c2a9d4b7e8f31', 'last']);
    await flow.stop();
  });
});

// What docs/acknowledgements.md says about answers that the collector gives without asking a destination.
describe("outside the destination's reach: the collector answers ok, and nothing is stored", () => {
  it('consent is missing: the event waits in memory, and the result names the queue', async () => {
    const flow = await simulatedFlow(undefined, { consent: { marketing: true } });
    const { ok, queued, done } = await flow.push(event());
    assert.deepEqual(
      [ok, Object.keys(queued ?? {}), done, flow.stored.length],
      [true, ['kafka'], undefined, 0],
    );
    await flow.collector.command('consent', { marketing: true });
    assert.equal(flow.stored.length, 1);
    await flow.stop();
  });

  it('an open circuit breaker: the event is skipped, and nobody is named', async () => {
    const flow = await runFlow(
      { kafka: { ...kafka, acks: 2 as 1 } },
      { breaker: { threshold: 1, cooldown: 60_000 } },
    );
    assert.equal(codeOf(await flow.push(event())), 'SETTINGS_INVALID');
    const { ok, done, failed, queued } = await flow.push(event());
    assert.deepEqual([ok, done, failed, queued], [true, undefined, undefined, undefined]);
    await flow.stop();
  });

  it('config.cache: the second try of an event that failed counts as a duplicate', async () => {
    const cache = { stop: true, rules: [{ key: ['event.id'], ttl: 60 }] };
    const flow = await runFlow({ kafka: { ...kafka, acks: 2 as 1 } }, { cache });
    assert.equal(codeOf(await flow.push(event())), 'SETTINGS_INVALID');
    const { ok, done } = await flow.push(event());
    assert.deepEqual([ok, Object.keys(done ?? {})], [true, ['kafka']]);
    await flow.stop();
  });

  it('config.disabled and config.mock', async () => {
    const disabled = await simulatedFlow(undefined, { disabled: true });
    const mocked = await simulatedFlow(undefined, { mock: { any: 'thing' } });
    assert.deepEqual(
      [(await disabled.push(event())).ok, (await mocked.push(event())).ok, disabled.stored, mocked.stored],
      [true, true, [], []],
    );
    await disabled.stop();
    await mocked.stop();
  });
});

/** As the collector hands it to `destroy`. */
function destroyContext({ destinations, logger }: Collector.Instance) {
  return { id: 'kafka', config: destinations['kafka']?.config ?? {}, env: {}, logger } as Parameters<
    NonNullable<typeof destinationKafka.destroy>
  >[0];
}
