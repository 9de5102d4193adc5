import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { KafkaHealth } from '../../../src/telemetry/health.ts';
import { createMetering } from '../../../src/telemetry/meter.ts';
import { installSdk } from '../../support/otel.ts';
import { reportOf } from './reports.ts';

const id = { 'walkeros.destination.id': 'kafka' };

it('metrics show the size of requests, and what compression saves', async (t) => {
  const sdk = installSdk();
  t.after(() => sdk.uninstall());
  const metering = createMetering('kafka');
  metering?.notify({ kind: 'requested', report: reportOf({ size: { plain: 3_000, sent: 1_000 } }) });
  metering?.notify({ kind: 'requested', report: reportOf({ size: { plain: 1_000, sent: 200 } }) });
  const found = await sdk.collect();
  assert.deepEqual(found.get('walkeros.kafka.batch.size'), [
    { attributes: id, value: { count: 2, sum: 1_200 } },
  ]);
  assert.deepEqual(found.get('walkeros.kafka.compression.ratio'), [
    { attributes: id, value: { count: 2, sum: 8 } },
  ]);
});

// Divided by nothing, it is infinite; and so is the sum of the histogram, for ever.
it('metrics show no size of a request that was not written', async (t) => {
  const sdk = installSdk();
  t.after(() => sdk.uninstall());
  const metering = createMetering('kafka');
  metering?.notify({ kind: 'requested', report: reportOf({ size: { plain: 3_000, sent: 0 } }) });
  metering?.notify({ kind: 'requested', report: reportOf({ size: undefined }) });
  const found = await sdk.collect();
  assert.equal(found.get('walkeros.kafka.batch.size'), undefined);
  assert.equal(found.get('walkeros.kafka.compression.ratio'), undefined);
  assert.deepEqual(found.get('walkeros.kafka.batch.messages'), [
    { attributes: id, value: { count: 2, sum: 2 } },
  ]);
});

it('metrics show the depth and the age of the spool, where there is one', async (t) => {
  const sdk = installSdk();
  t.after(() => sdk.uninstall());
  const health: KafkaHealth = {
    id: 'kafka',
    ready: false,
    connected: false,
    lastAcknowledgedAt: undefined,
    waiting: { records: 0, bytes: 0, limit: 1 },
    keyFallbacks: 0,
    spool: undefined,
  };
  let spool: KafkaHealth['spool'];
  createMetering('kafka')?.observe(() => ({ ...health, spool }));
  assert.equal((await sdk.collect()).get('walkeros.kafka.spool.messages'), undefined);

  spool = { records: 3, bytes: 700, limit: 1_000, oldest: new Date(Date.now() - 60_000) };
  const found = await sdk.collect();
  assert.deepEqual(found.get('walkeros.kafka.spool.messages'), [{ attributes: id, value: 3 }]);
  assert.deepEqual(found.get('walkeros.kafka.spool.usage'), [{ attributes: id, value: 700 }]);
  const age = Number(found.get('walkeros.kafka.spool.age')?.[0]?.value);
  assert.ok(age >= 60 && age < 65, String(age));

  spool = { records: 0, bytes: 0, limit: 1_000, oldest: undefined };
  assert.deepEqual((await sdk.collect()).get('walkeros.kafka.spool.age'), [{ attributes: id, value: 0 }]);
});
