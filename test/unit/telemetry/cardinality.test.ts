import assert from 'node:assert/strict';
import { it } from 'node:test';
import { KafkaError } from '../../../src/vocabulary/errors.ts';
import { installSdk, type Point } from '../../support/otel.ts';
import { recordOf } from './reports.ts';
import { openOn } from './runtime.ts';

const total = (points: readonly Point[]): number => points.reduce((sum, { value }) => sum + Number(value), 0);

// Each rule may name a topic of its own, and each new label value is a time series for ever. Keys come from events.
it('metrics stay bounded under ten thousand topics and keys', async (t) => {
  const sdk = installSdk();
  t.after(() => sdk.uninstall());
  const topics = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`t${n}`, 1]));
  const { runtime, cluster } = await openOn({ topics });
  const error = new KafkaError('BROKER_BUSY', 'Busy.');
  cluster.failNext({
    outcome: { kind: 'retriable', error, refresh: false, mayHaveBeenWritten: false },
    times: 2_000,
  });
  await runtime.delivery.sendAll(
    Object.keys(topics).map((topic, n) => recordOf({ topic, key: Buffer.from(`key-${n}`) })),
  );
  const found = await sdk.collect();
  const sent = found.get('messaging.client.sent.messages') ?? [];
  assert.equal(new Set(sent.map(({ attributes }) => attributes['messaging.destination.name'])).size, 101);
  assert.equal(total(sent.filter(({ attributes }) => !('error.type' in attributes))), 10_000);
  // 100 topics and `_other`, stored and busy.
  for (const [name, points] of found) assert.ok(points.length <= 202, `${name}: ${points.length}`);
  assert.doesNotMatch(JSON.stringify([...found]), /key-/);
  await runtime.close();
});
