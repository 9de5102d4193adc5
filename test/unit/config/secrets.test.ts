import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { saslOf } from '../../../src/config/sasl.ts';
import { problems, withKafka } from './problems.ts';

const pem = (name: string) =>
  readFileSync(new URL(`../../contract/tls/${name}.pem`, import.meta.url), 'utf8');
const [key, cert] = [pem('key'), pem('certificate')];
const secrets = ['hunter2', 'tok3n', key.slice(60, 100), 'pass-phrase', 'header-s3cret', 'private-key'];

function assertKept(text: string): void {
  for (const secret of secrets) assert.ok(!text.includes(secret), `"${secret}" shows in: ${text}`);
}

describe('secrets', () => {
  const logins = [
    { mechanism: 'plain', username: 'shop', password: 'hunter2' },
    { mechanism: 'scram-sha-512', username: 'shop', password: 'hunter2' },
    { mechanism: 'oauthbearer', token: 'tok3n' },
    {
      mechanism: 'oauthbearer',
      oauth: { tokenEndpoint: 'https://idp.example.com/token', clientId: 'shop', clientSecret: 'hunter2' },
    },
    {
      mechanism: 'aws',
      region: 'eu-west-1',
      accessKeyId: 'AKID',
      secretAccessKey: 'hunter2',
      sessionToken: 'tok3n',
    },
  ];
  for (const sasl of logins) {
    it(`are in no text of the options: ${Object.keys(sasl).join(', ')}`, () => {
      const ssl = { key, cert, passphrase: 'pass-phrase', rejectUnauthorized: false };
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
        headers: { authorization: { kye: 'header-s3cret' } },
      },
    });
    assert.equal(lines.length, 7);
    assertKept(lines.join('\n'));
  });

  /** The HTTP client refused such a header, and its words, token and all, stood in the log and in each push's error. */
  it('are in no error where no header could carry them', () => {
    const say = 'holds a character that no header takes (a line break?): write the token alone';
    for (const token of ['tok3n\nhunter2', 'tok3n\u0000', 'tok3n\u2013', 'tok3n hunter2', ' \n']) {
      const registry = { url: 'https://registry:8081', auth: { token } };
      const sasl = { mechanism: 'oauthbearer', token };
      assert.deepEqual(problems({ kafka: { ssl: true, sasl }, value: { format: 'avro', registry } }), [
        `settings.kafka.sasl.token: ${say}`,
        `settings.value.registry.auth.token: ${say}`,
      ]);
    }
  });

  it('are given out to the client', async () => {
    const plain = { mechanism: 'plain', username: 'shop', password: 'hunter2' };
    const { tls, sasl } = resolveOptions(withKafka({ kafka: { ssl: { key, cert }, sasl: plain } })).options
      .connection;
    assert.deepEqual({ ...tls?.reveal() }, { key, cert });
    assert.ok(sasl !== undefined && 'password' in sasl);
    assert.equal(sasl.password.reveal(), 'hunter2');

    const bearer = { mechanism: 'oauthbearer', token: 'tok3n' };
    const login = resolveOptions(withKafka({ kafka: { ssl: true, sasl: bearer } })).options.connection;
    assert.deepEqual(login.tls?.reveal(), {});
    assert.ok(login.sasl !== undefined && 'bearer' in login.sasl);
    assert.equal((await login.sasl.bearer()).token.reveal(), 'tok3n');
  });
});

it('a login that a rule should have refused is our fault, and told without its secrets', () => {
  for (const half of [{ username: 'shop' }, { password: 'hunter2' }]) {
    assert.throws(() => saslOf({ mechanism: 'plain', ...half }), {
      message: 'no rule refused settings.kafka.sasl of "plain" that cannot log in',
    });
  }
});
