import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startFlow, wrapEnv } from '@walkeros/collector';
import { mockEnv } from '@walkeros/core';
import { destinationKafka } from '../../../src/destination.ts';
import { env, step } from '../../../src/examples/index.ts';
import type { StepExample } from '../../../src/examples/step.ts';
import type { Env } from '../../../src/types.ts';

/** Pushes an example's event through walkerOS' own collector into the destination, which sends into `env`. */
async function run({ in: event, mapping, settings }: StepExample, env: Env): Promise<void> {
  const config = { settings, mapping: mapping && { [event.entity]: { [event.action]: mapping } }, env };
  const { collector } = await startFlow({ destinations: { kafka: { code: destinationKafka, config } } });
  await collector.push(structuredClone(event));
  await collector.command('shutdown');
}

describe('worked examples', () => {
  for (const [name, example] of Object.entries(step)) {
    it(`${name}: what "walkeros push --simulate" records is what the example says`, async () => {
      const { wrappedEnv, calls } = wrapEnv({ ...env.push, simulation: env.simulation });
      await run(example, wrappedEnv);
      assert.deepEqual(
        calls.map(({ fn, args }) => [fn, ...args]),
        example.out,
      );
    });
  }

  it('go by the titles that the contract names', () => {
    const titles = Object.values(step).flatMap((example) =>
      example.public === false ? [] : [example.title],
    );
    assert.deepEqual(titles.sort(), [
      'Default event',
      'Headers from the event',
      'Key by a function',
      'Key by consent',
      'Key from user id',
      'Key with fallbacks',
      'Mapped payload',
      'No key',
      'Renamed event',
      'Tombstone',
      'Topic from the event',
      'Topic override',
    ]);
  });

  it('have events as walkerOS makes them: id of 16 hex digits, times in ms and s', () => {
    for (const { in: event } of Object.values(step)) {
      assert.match(event.id, /^[0-9a-f]{16}$/);
      assert.ok(event.timestamp > 1_000_000_000_000 && event.timing < 1000);
      assert.equal(event.name, `${event.entity} ${event.action}`);
    }
  });
});

it('the simulated env can be wrapped by mockEnv, which records calls as well', async () => {
  const calls: string[] = [];
  await run(
    step.topicOverride,
    mockEnv(env.push, (path) => void calls.push(path.join('.'))),
  );
  assert.deepEqual(calls, ['kafka.send']);
});
