import assert from 'node:assert/strict';
import { startFlow } from '@walkeros/collector';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordCounts } from '../../scripts/kafka/topics.ts';
import { startRegistry } from '../../scripts/registry/launch.ts';
import type { Settings } from '../../src/types.ts';
import { walkerosEventSchemas } from '../../src/schema/walkeros-event/schemas.ts';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { destinationKafka } from '../../src/index.ts';
import { event } from '../support/flow.ts';
import { registryProxy } from '../support/registry-proxy.ts';
import { bearerLives, startTokenIssuer } from '../support/token-issuer.ts';

/**
 * What test/integration/registry.test.ts shows in seconds, as long as it takes to be believed: 1,000 events a second for ten
 * minutes behind a registry whose tokens live 10 s. Every 20 s an event comes whose schema nobody has seen, and the latest
 * version of the others is asked for every 2 s. In the middle the token endpoint is down for 15 s; the last token dies in it
 * before such an event comes.
 * Run by `npm run test:tokens`; REGISTRY_MINUTES says how long. Not under the test runner, which holds each promise of its process:
 * 4 GB after eight minutes.
 */
const minutes = Number(process.env['REGISTRY_MINUTES'] ?? 10);
const every = 20_000;
const kinds = Math.ceil((minutes * 60_000) / every);
const outage = { begins: Math.floor(kinds / 2) * every - 9_000, lasts: 15_000 };
const tick = { every: 10, pushes: 10 };

const field = (name: string, type: unknown) => ({ name, type });
const schemaOf = (kind: number) => ({
  ...{ type: 'record', name: `Order${kind}`, namespace: 'shop' },
  fields: [
    field('timestamp', 'long'),
    field('data', { type: 'record', name: `Data${kind}`, fields: [field('n', 'long')] }),
  ],
});

async function run(ends: (() => unknown)[]): Promise<void> {
  const registry = await startRegistry();
  ends.unshift(() => registry.stop());
  const issuer = await startTokenIssuer('User:shop');
  ends.unshift(() => issuer.close());
  issuer.life = 10;
  let refused = 0;
  const gate = await registryProxy(registry.url, {
    allows({ authorization }) {
      const isAllowed = bearerLives(issuer, authorization);
      if (!isAllowed) refused++;
      return isAllowed;
    },
  });
  ends.unshift(() => gate.close());
  const { brokers } = await sharedBroker();
  const topic = await freshTopic('registry-tokens', { partitions: 3 });
  await fetch(`${registry.url}/subjects/${topic}-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: walkerosEventSchemas.AVRO }),
  });

  const { tokenEndpoint, clientId, clientSecret } = issuer;
  const registrySettings = { url: gate.url, auth: { oauth: { tokenEndpoint, clientId, clientSecret } } };
  const rules = Array.from({ length: kinds }, (_, kind) => {
    const own = { schema: schemaOf(kind), subjectNameStrategy: 'topic-record' as const };
    return [`kind${kind}`, { settings: { value: { ...own, useLatestVersion: false, autoRegister: true } } }];
  });
  const settings: Settings = {
    kafka: { brokers, topic },
    value: { format: 'avro', registry: registrySettings, useLatestVersion: true, latestCacheTtl: 2_000 },
  };
  const config = { settings, mapping: { order: Object.fromEntries(rules) as Record<string, object> } };
  const { collector } = await startFlow({
    destinations: { kafka: { code: destinationKafka, config } },
    logger: { level: 'WARN', handler: (_level, message) => console.log(message) },
  });
  ends.unshift(() => collector.command('shutdown'));

  const failures = new Map<string, number>();
  const [begun, pushes] = [performance.now(), new Set<Promise<void>>()];
  let [count, longest] = [0, 0];
  const push = (): void => {
    const start = performance.now();
    const n = count++;
    const action = `kind${Math.min(kinds - 1, Math.floor((start - begun) / every))}`;
    const isOrder = n % 2 === 0;
    const pushing = collector
      .push(
        event({
          data: { n },
          user: { id: `user${n % 100}` },
          ...(isOrder && { name: `order ${action}`, entity: 'order', action }),
        }),
      )
      .then((result) => {
        const failure = result.ok ? undefined : String(result.failed?.['kafka']?.error);
        if (failure !== undefined) failures.set(failure, (failures.get(failure) ?? 0) + 1);
        longest = Math.max(longest, performance.now() - start);
        pushes.delete(pushing);
      });
    pushes.add(pushing);
  };
  const timer = setInterval(() => {
    // A busy machine is late: what it owes is pushed with the next.
    const due = Math.floor((performance.now() - begun) / tick.every) * tick.pushes;
    while (count < due) push();
  }, tick.every);
  ends.unshift(() => clearInterval(timer));

  /** Each minute, in MiB. */
  const heap: number[] = [];
  const sampling = setInterval(() => heap.push(Math.round(process.memoryUsage().heapUsed / 2 ** 20)), 60_000);
  ends.unshift(() => clearInterval(sampling));

  await sleep(outage.begins);
  issuer.up = false;
  await sleep(outage.lasts);
  issuer.up = true;
  await sleep(minutes * 60_000 - outage.begins - outage.lasts);
  clearInterval(timer);
  await Promise.all(pushes);
  const stored = (await recordCounts(brokers, topic)).reduce((sum, one) => sum + one, 0);
  const subjects = (await (await fetch(`${registry.url}/subjects`)).json()) as string[];
  const rejected = Object.fromEntries(failures);
  console.log({
    events: count,
    stored,
    rejected,
    schemas: subjects.length,
    tokens: issuer.tokens.length,
    asked: gate.asked.length,
    refused,
    longest: Math.round(longest),
    heap: heap.join(' '),
  });
  assert.deepEqual(
    { rejected, lost: count - stored, schemas: subjects.length },
    { rejected: {}, lost: 0, schemas: kinds + 1 },
  );
  assert.ok(longest > 5_000, `events have waited for the endpoint: ${longest} ms`);
}

const ends: (() => unknown)[] = [];
try {
  await run(ends);
} finally {
  for (const end of ends) await end();
}
