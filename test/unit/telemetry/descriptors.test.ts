import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createMetering } from '../../../src/telemetry/meter.ts';
import { metrics, type MetricSpec } from '../../../src/telemetry/metrics.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { installSdk } from '../../support/otel.ts';
import { reportOf } from './reports.ts';

const error = new KafkaError('BROKER_BUSY', 'Busy.');
const topic = 'events';

// Whoever draws a dashboard gets unit and buckets from the SDK: milliseconds in buckets of seconds show nothing at all.
it('metrics have their units, descriptions and buckets in the SDK', async (t) => {
  const sdk = installSdk();
  t.after(() => sdk.uninstall());
  const metering = createMetering('kafka');
  assert.ok(metering);
  metering.notify({ kind: 'requested', report: reportOf() });
  metering.notify({ kind: 'retrying', topic, error, delay: 5, records: 1 });
  metering.notify({ kind: 'rejected', topic, error });
  metering.notify({ kind: 'dead-lettered', topic, deadLetterTopic: 'dead', error });
  metering.notify({ kind: 'timestamp-replaced', event: 'page view', timestamp: 'NaN' });
  metering.notify({ kind: 'key-missing', event: 'page view', from: 'settings.kafka.key', used: 'page_view' });
  metering.notify({ kind: 'buffer-full', bufferMemory: 100, spooled: false });
  metering.notify({ kind: 'disconnected', error });
  metering.notify({ kind: 'schema-unavailable', topic, error, inUse: true });
  metering.notify({ kind: 'spool-refused', topic, error });
  metering.notify({ kind: 'spool-failed', error });
  metering.notify({ kind: 'may-be-doubled', topic, partition: 0, records: 1 });
  metering.observe(() => ({
    id: 'kafka',
    ready: true,
    connected: true,
    lastAcknowledgedAt: new Date(),
    waiting: { records: 0, bytes: 0, limit: 1 },
    keyFallbacks: 0,
    spool: { records: 0, bytes: 0, limit: 1_000, oldest: undefined },
  }));
  const described = await sdk.described();
  assert.deepEqual(
    described.map(({ name, kind, unit, buckets }) => [name, kind, unit, ...(buckets ? [buckets] : [])]),
    [
      [
        'messaging.client.operation.duration',
        'histogram',
        's',
        [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
      ],
      ['messaging.client.sent.messages', 'counter', '{message}'],
      [
        'walkeros.kafka.batch.messages',
        'histogram',
        '{message}',
        [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000],
      ],
      [
        'walkeros.kafka.batch.size',
        'histogram',
        'By',
        [256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216],
      ],
      ['walkeros.kafka.compression.ratio', 'histogram', '1', [1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20]],
      ['walkeros.kafka.retried.messages', 'counter', '{message}'],
      ['walkeros.kafka.rejected.messages', 'counter', '{message}'],
      ['walkeros.kafka.dead_lettered.messages', 'counter', '{message}'],
      ['walkeros.kafka.timestamp.replaced', 'counter', '{message}'],
      ['walkeros.kafka.key.fallbacks', 'counter', '{message}'],
      ['walkeros.kafka.buffer.waits', 'counter', '{message}'],
      ['walkeros.kafka.connection.failures', 'counter', '{failure}'],
      ['walkeros.kafka.schema.failures', 'counter', '{failure}'],
      ['walkeros.kafka.spool.refused.messages', 'counter', '{message}'],
      ['walkeros.kafka.spool.failures', 'counter', '{failure}'],
      ['walkeros.kafka.maybe_doubled.messages', 'counter', '{message}'],
      ['walkeros.kafka.connected', 'gauge', '1'],
      ['walkeros.kafka.acknowledgement.age', 'gauge', 's'],
      ['walkeros.kafka.buffer.messages', 'gauge', '{message}'],
      ['walkeros.kafka.buffer.usage', 'gauge', 'By'],
      ['walkeros.kafka.buffer.limit', 'gauge', 'By'],
      ['walkeros.kafka.spool.messages', 'gauge', '{message}'],
      ['walkeros.kafka.spool.usage', 'gauge', 'By'],
      ['walkeros.kafka.spool.limit', 'gauge', 'By'],
      ['walkeros.kafka.spool.age', 'gauge', 's'],
    ],
  );
  const told = new Map(described.map(({ name, description }) => [name, description]));
  assert.equal(told.get('walkeros.kafka.connected'), '1 while a broker answers, 0 while none does.');
  // All of them say what the documentation says, and none is missing above.
  assert.deepEqual(new Map(Object.values<MetricSpec>(metrics).map(({ name, help }) => [name, help])), told);
});
