import assert from 'node:assert/strict';
import { it } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { installSdk } from '../../support/otel.ts';
import { scriptedServer } from '../../support/scripted-http.ts';
import { openOn } from './runtime.ts';

it('look-ups of schemas that fail are counted, and told', async (t) => {
  const sdk = installSdk();
  t.after(() => sdk.uninstall());
  const missing = { status: 404, body: { error_code: 40401, message: 'Subject not found' } };
  const registry = await scriptedServer(() => missing);
  t.after(() => registry.close());
  const value = { format: 'avro' as const, registry: { url: registry.url } };
  const { runtime, log } = await openOn({}, {}, { value });
  await runtime.connect();
  const points = await eventually('it was counted', async () =>
    (await sdk.collect()).get('walkeros.kafka.schema.failures'),
  );
  await runtime.close();
  const attributes = {
    'walkeros.destination.id': 'kafka',
    'messaging.destination.name': 'events',
    'error.type': 'SCHEMA_MISSING',
  };
  assert.deepEqual(points, [{ attributes, value: 1 }]);
  assert.match(
    log.join(),
    /warn Kafka topic "events": the Schema Registry does not have this schema under subject/,
  );
});
