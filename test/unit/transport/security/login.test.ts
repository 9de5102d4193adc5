import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { createClient } from '../../../../src/transport/create.ts';
import type { ClientOptions, Sasl } from '../../../../src/transport/port.ts';
import { bearerMessage, renewedCredentials } from '../../../../src/transport/security/login.ts';
import { Secret } from '../../../../src/model/secret.ts';
import { scriptedBroker } from '../../../support/scripted-broker.ts';
import { clientOptions } from '../../../support/client-options.ts';

const identity: Sasl = {
  mechanism: 'aws',
  authorizationIdentity: 'AROAEXAMPLE',
  keys: new Secret({ accessKeyId: 'AKID', secretAccessKey: 'aws-s3cret', sessionToken: 't0ken' }),
};
const bearer: Sasl = {
  mechanism: 'oauthbearer',
  bearer: () =>
    Promise.resolve({ token: new Secret('tok3n'), extensions: { logicalCluster: 'lkc-1', pool: 'p' } }),
  renewable: true,
};

function optionsOf(address: string, sasl: Sasl): ClientOptions {
  return { ...clientOptions, brokers: [address], sasl, connectTimeout: 5_000, requestTimeout: 5_000 };
}

describe('what a login sends', () => {
  // The bytes of kafkajs 2.2.4's own `sasl: { mechanism: 'aws', authorizationIdentity, … }`.
  it("authorizationIdentity keeps its meaning: kafkajs's own mechanism AWS", async (t) => {
    const broker = await scriptedBroker('AWS');
    t.after(() => broker.close());
    const client = await createClient('kafkajs', optionsOf(broker.address, identity));
    await assert.rejects(client.connect());
    await client.close();
    assert.deepEqual(broker.mechanisms, ['AWS']);
    assert.deepEqual(broker.logins.map(String), ['AROAEXAMPLE\0AKID\0aws-s3cret\0t0ken']);
  });

  for (const kind of ['platformatic', 'kafkajs'] as const) {
    it(`a token goes with its extensions (RFC 7628, KIP-342), ${kind}`, async (t) => {
      const broker = await scriptedBroker('OAUTHBEARER');
      t.after(() => broker.close());
      const client = await createClient(kind, optionsOf(broker.address, bearer));
      await assert.rejects(client.connect());
      await client.close();
      assert.deepEqual(broker.mechanisms, ['OAUTHBEARER']);
      const sent = broker.logins.map(String);
      assert.deepEqual(sent, ['n,,\x01auth=Bearer tok3n\x01logicalCluster=lkc-1\x01pool=p\x01\x01']);
    });
  }

  it('a token without extensions', () => {
    assert.equal(
      bearerMessage({ token: new Secret('tok3n'), extensions: {} }),
      'n,,\x01auth=Bearer tok3n\x01\x01',
    );
  });
});

/** What a broker says of a failed login is logged, and one that quoted the login had its secret in the log. */
describe('a broker that quotes the login it refuses', () => {
  const secrets = /hush|tok3n|aws-s3cret|t0ken/;
  const plainSasl: Sasl = { mechanism: 'plain', username: 'shop', password: new Secret('hush') };
  const provided: Sasl = {
    mechanism: 'plain',
    credentials: () => Promise.resolve({ username: 'shop', password: new Secret('hush') }),
  };
  for (const [what, sasl, mechanism, kinds] of [
    ['a password', plainSasl, 'PLAIN', ['platformatic', 'kafkajs']],
    ['a password of a function', provided, 'PLAIN', ['platformatic', 'kafkajs']],
    ['a token', bearer, 'OAUTHBEARER', ['platformatic', 'kafkajs']],
    ['the keys of AWS', identity, 'AWS', ['kafkajs']],
  ] as const)
    for (const kind of kinds)
      it(`does not bring its secret into an error: ${what}, ${kind}`, async (t) => {
        const broker = await scriptedBroker(
          mechanism,
          undefined,
          (login) => `no such user: ${login.toString()}`,
        );
        t.after(() => broker.close());
        const client = await createClient(kind, optionsOf(broker.address, sasl));
        const error = await client.connect().then(
          () => assert.fail('it was let in'),
          (thrown: unknown) => thrown,
        );
        await client.close();
        assert.match(broker.logins.map(String).join(), secrets);
        const shown = inspect(error, { depth: Infinity, showHidden: true });
        assert.match(shown, /no such user: .*\[secret\]/s);
        assert.doesNotMatch(shown, secrets);
      });
});

/** "refused to authenticate … Request is not valid given the current SASL state": people looked for another password. */
describe('a listener without SASL', () => {
  const sasl: Sasl = { mechanism: 'scram-sha-512', username: 'shop', password: new Secret('hush') };
  for (const kind of ['platformatic', 'kafkajs'] as const) {
    it(`is told from a login that is refused, ${kind}`, async (t) => {
      const broker = await scriptedBroker(undefined);
      t.after(() => broker.close());
      const client = await createClient(kind, optionsOf(broker.address, sasl));
      await assert.rejects(client.connect(), {
        code: 'AUTHENTICATION_FAILED',
        message:
          `Kafka at ${broker.address} takes no login on this port (ILLEGAL_SASL_STATE): take its SASL port in ` +
          'settings.kafka.brokers, or remove settings.kafka.sasl.',
      });
      await client.close();
      assert.deepEqual(broker.logins, []);
    });
  }
});

it('credentials of a function are asked for anew after two seconds at the latest', async () => {
  let [now, asked] = [1_000, 0];
  const credentials = renewedCredentials(
    () => Promise.resolve({ username: 'shop', password: new Secret(`password-${++asked}`) }),
    () => now,
  );
  const password = async (): Promise<string> => (await credentials()).password.reveal();
  assert.deepEqual(await Promise.all([password(), password()]), ['password-1', 'password-1']);
  now += 1_000;
  assert.equal(await password(), 'password-1');
  now += 1_000;
  assert.equal(await password(), 'password-2');
});
