import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { resolveOptions } from '../../../src/options/resolve.ts';
import { saslFacts } from '../../../src/options/sasl.ts';
import { problems, withKafka } from './problems.ts';

const secrets = ['hunter2', 'tok3n', 'private-key', 'pass-phrase', 'header-s3cret'];

function assertKept(text: string): void {
  for (const secret of secrets) assert.ok(!text.includes(secret), `"${secret}" shows in: ${text}`);
}

describe('secrets', () => {
  const logins = [
    { mechanism: 'plain', username: 'shop', password: 'hunter2' },
    { mechanism: 'scram-sha-512', username: 'shop', password: 'hunter2' },
    { mechanism: 'oauthbearer', token: 'tok3n' },
  ];
  for (const sasl of logins) {
    it(`are in no text of the options: ${sasl.mechanism}`, () => {
      const ssl = { key: 'private-key', passphrase: 'pass-phrase', rejectUnauthorized: false };
      const { options, warnings } = resolveOptions(withKafka({ kafka: { ssl, sasl } }));
      assertKept(inspect(options, { depth: Infinity, showHidden: true }));
      assertKept(JSON.stringify(options));
      assertKept(warnings.join('\n'));
      assertKept(String(options.connection.tls));
    });
  }

  it('are in no error, wherever they stand', () => {
    const lines = problems({
      kafka: {
        brokers: ['shop:hunter2@kafka1:9092', 'ssl://shop:hunter2@kafka1:9092'],
        ssl: 'private-key',
        sasl: { mechanism: 'plain', password: { value: 'hunter2' }, token: ['tok3n'], passwort: 'hunter2' },
        headers: { authorization: ['header-s3cret'] },
      },
    });
    assert.equal(lines.length, 7);
    assertKept(lines.join('\n'));
  });

  it('are given out to the client', async () => {
    const plain = { mechanism: 'plain', username: 'shop', password: 'hunter2' };
    const { tls, sasl } = resolveOptions(withKafka({ kafka: { ssl: { key: 'private-key' }, sasl: plain } }))
      .options.connection;
    assert.deepEqual(tls?.reveal(), { key: 'private-key' });
    assert.ok(sasl?.mechanism === 'plain');
    assert.equal(sasl.password.reveal(), 'hunter2');

    const bearer = { mechanism: 'oauthbearer', token: 'tok3n' };
    const login = resolveOptions(withKafka({ kafka: { ssl: true, sasl: bearer } })).options.connection;
    assert.deepEqual(login.tls?.reveal(), {});
    assert.ok(login.sasl?.mechanism === 'oauthbearer');
    assert.equal((await login.sasl.token()).reveal(), 'tok3n');
  });
});

describe('oauthBearerProvider', () => {
  function tokenOf(oauthBearerProvider: () => unknown) {
    const sasl = { mechanism: 'oauthbearer', oauthBearerProvider };
    const login = resolveOptions(withKafka({ kafka: { ssl: true, sasl } })).options.connection.sasl;
    assert.ok(login?.mechanism === 'oauthbearer');
    return login.token;
  }

  it('is asked each time', async () => {
    let turn = 0;
    const token = tokenOf(() => Promise.resolve({ value: `tok3n-${++turn}` }));
    assert.equal((await token()).reveal(), 'tok3n-1');
    assert.equal((await token()).reveal(), 'tok3n-2');
    assertKept(inspect(await token()));
  });

  for (const answer of [undefined, 'tok3n', {}, { value: '' }, { value: 5 }]) {
    it(`is told when it gives no token: ${JSON.stringify(answer)}`, async () => {
      await assert.rejects(tokenOf(() => Promise.resolve(answer))(), {
        code: 'AUTHENTICATION_FAILED',
        message: 'settings.kafka.sasl.oauthBearerProvider gave no token: it must answer { value: "<token>" }',
      });
    });
  }

  it('has its own failure passed on', async () => {
    await assert.rejects(tokenOf(() => Promise.reject(new Error('identity provider is down')))(), {
      code: 'CREDENTIALS_UNAVAILABLE',
      message: 'settings.kafka.sasl.oauthBearerProvider failed: identity provider is down',
    });
  });
});

it('a login that a rule should have refused is our fault, and told without its secrets', () => {
  for (const half of [{ username: 'shop' }, { password: 'hunter2' }]) {
    assert.throws(() => saslFacts({ mechanism: 'plain', ...half }), {
      message: 'no rule refused settings.kafka.sasl of "plain" that cannot log in',
    });
  }
});
