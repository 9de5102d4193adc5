import assert from 'node:assert/strict';
import { it } from 'node:test';
import { destinationKafka } from '../../../src/index.ts';
import { withCodeNotRun } from '../../../src/config/mapping-values.ts';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { resolveSetup } from '../../../src/config/resolve-setup.ts';

const oauthBearerProvider = '$code:async () => ({ value: "t0k3n" })';
const settings = (provider: string): object => ({
  kafka: {
    brokers: ['127.0.0.1:1'],
    topic: 'events',
    sasl: { mechanism: 'oauthbearer', oauthBearerProvider: provider },
  },
});

async function tokenOf(written: object): Promise<unknown> {
  const { sasl } = resolveOptions(withCodeNotRun(written)).options.connection;
  assert.ok(sasl && 'bearer' in sasl);
  return (await sasl.bearer()).token.reveal();
}

/** `walkeros setup` reads a flow without running its code, and took the text of a login's function for a wrong setting. */
it('a login whose function is code of the flow file logs in for `walkeros setup`', async () => {
  assert.equal(await tokenOf(settings(oauthBearerProvider)), 't0k3n');
  await assert.rejects(tokenOf(settings('$code:async () => ({ value: s3cret. })')), {
    code: 'CREDENTIALS_UNAVAILABLE',
    message:
      'The function settings.kafka.sasl.oauthBearerProvider failed: oauthBearerProvider: its $code: does not run (SyntaxError in line 1)',
  });
  await assert.rejects(tokenOf(settings('$code:7')), { code: 'AUTHENTICATION_FAILED' });
  const setup = destinationKafka.setup?.({
    id: 'kafka',
    config: { settings: settings(oauthBearerProvider), setup: { numPartitions: 1, replicationFactor: 1 } },
    logger: { warn() {}, info() {} },
  } as unknown as Parameters<NonNullable<typeof destinationKafka.setup>>[0]);
  await assert.rejects(Promise.resolve(setup), { code: 'BROKER_UNREACHABLE' });
});

it('so does that of the registry of setup', () => {
  const { options } = resolveOptions({ kafka: { brokers: ['kafka1:9092'], topic: 'events' } });
  const schemaRegistry = {
    ...{ url: 'https://registry:8081', subject: 'events-value', schemaType: 'JSON', schema: {} },
    auth: { oauthBearerProvider },
  };
  const setup = { numPartitions: 1, replicationFactor: 1, schemaRegistry };
  assert.ok(resolveSetup(setup, options, { id: 'kafka' })?.plan.schema);
});
