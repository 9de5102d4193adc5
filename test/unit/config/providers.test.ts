import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { credentialsFrom, tokenFrom, type OAuthBearerProvider } from '../../../src/config/providers.ts';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { withKafka } from './problems.ts';

const tokenGiven = (provider: OAuthBearerProvider) =>
  tokenFrom(provider, 'settings.kafka.sasl.oauthBearerProvider');

/** As the user's function, which is not bound to any type, comes through the settings. */
function tokenOf(oauthBearerProvider: () => unknown) {
  const sasl = { mechanism: 'oauthbearer', oauthBearerProvider };
  const login = resolveOptions(withKafka({ kafka: { ssl: true, sasl } })).options.connection.sasl;
  assert.ok(login !== undefined && 'bearer' in login);
  return login.bearer();
}

function credentialsOf(credentials: () => unknown) {
  const sasl = { mechanism: 'scram-sha-512', credentials };
  const login = resolveOptions(withKafka({ kafka: { ssl: true, sasl } })).options.connection.sasl;
  assert.ok(login !== undefined && 'credentials' in login);
  return login.credentials();
}

describe('oauthBearerProvider', () => {
  it('gives a token, wrapped', async () => {
    const answer = await tokenOf(() => Promise.resolve({ value: 'tok3n' }));
    assert.equal(answer.token.reveal(), 'tok3n');
    assert.deepEqual(answer.extensions, {});
    assert.ok(!inspect(answer, { depth: 9, showHidden: true }).includes('tok3n'));
    const { expiresAt } = await tokenGiven(() => Promise.resolve({ value: 'tok3n' }));
    assert.equal(expiresAt, undefined);
  });

  it('tells the life of its token as a date, as a time or as a span, and extensions', async () => {
    const date = new Date('2030-01-01T00:00:00Z');
    const extensions = { logicalCluster: 'lkc-1' };
    const one = await tokenGiven(() =>
      Promise.resolve({ value: 't', expiresAt: date, lifetime: 1, extensions }),
    );
    assert.deepEqual([one.expiresAt, one.extensions], [1_893_456_000_000, { logicalCluster: 'lkc-1' }]);
    const other = await tokenGiven(() => Promise.resolve({ value: 't', expiresAt: 5_000 }));
    assert.equal(other.expiresAt, 5_000);
    const begun = Date.now();
    const { expiresAt = 0 } = await tokenGiven(() => Promise.resolve({ value: 't', lifetime: 60_000 }));
    assert.ok(expiresAt >= begun + 60_000 && expiresAt < begun + 70_000);
  });

  for (const answer of [undefined, 'tok3n', {}, { value: '' }, { value: 5 }]) {
    it(`is told when it gives no token: ${JSON.stringify(answer)}`, async () => {
      await assert.rejects(
        tokenOf(() => Promise.resolve(answer)),
        {
          code: 'AUTHENTICATION_FAILED',
          message:
            'The function settings.kafka.sasl.oauthBearerProvider gave no token: it must answer { value: "<token>" }',
        },
      );
    });
  }

  it('is told when its extensions are no texts', async () => {
    await assert.rejects(
      tokenOf(() => ({ value: 't', extensions: { a: 1 } })),
      {
        code: 'AUTHENTICATION_FAILED',
        message:
          'The function settings.kafka.sasl.oauthBearerProvider gave no usable extensions: it must answer { extensions: { name: "text" } }',
      },
    );
  });

  it('has its own failure passed on, and nothing that hangs on it', async () => {
    const failure = Object.assign(new Error('identity provider is down'), { config: { secret: 'hunter2' } });
    for (const provider of [
      () => Promise.reject(failure),
      () => {
        throw failure;
      },
    ]) {
      await assert.rejects(tokenOf(provider), (error: unknown) => {
        assert.ok(error instanceof Error && 'code' in error);
        assert.equal(error.code, 'CREDENTIALS_UNAVAILABLE');
        assert.equal(
          error.message,
          'The function settings.kafka.sasl.oauthBearerProvider failed: identity provider is down',
        );
        return !inspect(error, { depth: 9, showHidden: true }).includes('hunter2');
      });
    }
  });

  it('is not waited for without end', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const answer = tokenGiven(() => new Promise(() => undefined));
    t.mock.timers.tick(5_000);
    await assert.rejects(answer, {
      code: 'CREDENTIALS_UNAVAILABLE',
      message: 'The function settings.kafka.sasl.oauthBearerProvider failed: no answer within 5000 ms',
    });
  });
});

describe('credentials', () => {
  it('gives name and password, wrapped', async () => {
    const answer = await credentialsOf(() => ({ username: 'shop', password: 'hunter2' }));
    assert.deepEqual([answer.username, answer.password.reveal()], ['shop', 'hunter2']);
    assert.ok(!inspect(answer, { depth: 9, showHidden: true }).includes('hunter2'));
  });

  for (const answer of [undefined, { username: 'shop' }, { username: '', password: 'x' }]) {
    it(`is told when it gives no login: ${JSON.stringify(answer)}`, async () => {
      await assert.rejects(
        credentialsOf(() => answer),
        {
          code: 'AUTHENTICATION_FAILED',
          message:
            'The function settings.kafka.sasl.credentials gave no login: it must answer { username: "<name>", password: "<password>" }',
        },
      );
    });
  }

  it('has its own failure passed on', async () => {
    await assert.rejects(
      credentialsFrom(() => Promise.reject(new Error('the vault is sealed'))),
      {
        code: 'CREDENTIALS_UNAVAILABLE',
        message: 'The function settings.kafka.sasl.credentials failed: the vault is sealed',
      },
    );
  });
});
