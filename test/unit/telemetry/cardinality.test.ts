import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createMetering } from '../../../src/telemetry/meter.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { installSdk, type Point } from '../../support/otel.ts';
import { recordOf, reportOf } from './reports.ts';
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
  await runtime.producer.sendAll(
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

// In some clouds a broker that is replaced has another name.
it('metrics stay bounded under ever new brokers', async (t) => {
  const sdk = installSdk();
  t.after(() => sdk.uninstall());
  const metering = createMetering('kafka');
  for (let n = 0; n < 1_000; n++) {
    metering?.notify({ kind: 'requested', report: reportOf({ broker: `b${n}:9092` }) });
  }
  const sent = (await sdk.collect()).get('messaging.client.sent.messages') ?? [];
  assert.equal(sent.length, 101);
  assert.equal(sent[99]?.attributes['server.address'], 'b99');
  assert.equal(sent[100]?.attributes['server.address'], '_other');
  assert.equal('server.port' in sent[100].attributes, false);
  assert.equal(sent[100].value, 900);
});
