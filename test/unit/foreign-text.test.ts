import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { unreachable } from '../../src/transport/errors/messages.ts';
import { oauthTokens } from '../../src/transport/tokens/oauth.ts';
import { filterOf } from '../../src/cli/reading/filter.ts';
import { driftOf } from '../../src/setup/topics.ts';
import { compileAvro } from '../../src/schema/avro/avro.ts';
import { Secret } from '../../src/model/secret.ts';
import { scriptedServer } from '../support/scripted-http.ts';
import { storedRecord } from './cli/reading/stored.ts';

// Patterns such as /0+$/ were tried anew from each of 160,000 zeros: one event's decimal held the process for 8.7 s, and a
// token endpoint's answer of 80,000 dots for 2.8 s. What is linear takes milliseconds; the bound is far from both.
const bound = 1_000;
const length = 200_000;

async function soon(t: TestContext, what: string, act: () => unknown): Promise<void> {
  const begun = performance.now();
  await act();
  const took = performance.now() - begun;
  t.diagnostic(`${what}: ${took.toFixed(1)} ms`);
  assert.ok(took < bound, `${what} took ${took.toFixed(0)} ms for ${length} characters`);
}

describe('foreign text of 200,000 characters does not hold the process', () => {
  it('as a decimal', async (t) => {
    const schema = JSON.stringify({ type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 });
    const write = compileAvro(schema).writer(1);
    const zeros = '0'.repeat(length);
    const refusal = /must be a decimal of at most 10 digits/;
    await soon(t, 'zeros within', () => assert.throws(() => write(`1${zeros}1`), refusal));
    await soon(t, 'zeros within the fraction', () => assert.throws(() => write(`1.${zeros}1`), refusal));
    await soon(t, 'zeros at the end', () => write(`1.${zeros}`));
    await soon(t, 'nines', () => assert.throws(() => write('9'.repeat(length)), refusal));
  });

  it('as the words of a broker or of a token endpoint', async (t) => {
    const dots = `refused${'.'.repeat(length)}!`;
    await soon(t, 'a broken connection', () => unreachable('kafka1:9092', new Error(dots)));
    await soon(t, 'requests that timed out', () =>
      unreachable('kafka1:9092', new Error('Request '.repeat(length / 8))),
    );
    const body = { error: 'invalid_client', error_description: dots };
    const server = await scriptedServer(() => ({ status: 400, body }));
    t.after(() => server.close());
    const login = {
      ...{
        clientId: 'a',
        clientSecret: new Secret('b'),
        scope: undefined,
        audience: undefined,
        extensions: {},
      },
      ...({ tokenEndpointAuthMethod: 'client_secret_basic', parameters: new Secret({}) } as const),
    };
    const bearer = oauthTokens({ ...login, tokenEndpoint: server.url }, 'settings.kafka.sasl.oauth');
    await soon(t, 'a token endpoint', () => assert.rejects(bearer()));
  });

  it('as a setting of a topic', async (t) => {
    const declared = { name: 'events', numPartitions: 1, replicationFactor: 1 };
    const drift = (text: string) => () =>
      driftOf(
        { ...declared, configEntries: { 'cleanup.policy': 'compact' } },
        { ...declared },
        new Map([['cleanup.policy', text]]),
      );
    await soon(t, 'digits', drift(`${'1'.repeat(length)}x`));
    await soon(t, 'spaces', drift(`compact${' '.repeat(length)}x`));
  });

  it('as the name of an event that is looked for', async (t) => {
    const filter = filterOf({ event: '*a*a*a*b', headers: [] });
    const value = { name: 'a'.repeat(length) };
    const record = storedRecord();
    await soon(t, 'a pattern', () => assert.equal(filter.byValue(record, { format: 'json', value }), false));
    const fits = (event: string, name: string) =>
      filterOf({ event, headers: [] }).byValue(record, { format: 'json', value: { name } });
    assert.deepEqual(
      ['*', 'order *', '* complete', '*e*r*', 'o*o', 'order*complete', 'x*', 'order complete*e'].map(
        (event) => fits(event, 'order complete'),
      ),
      [true, true, true, true, false, true, false, false],
    );
    assert.equal(fits('*e*o*', 'order complete'), true);
    assert.equal(fits('o*o', 'o'), false);
  });
});
