import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { oauthTokens } from '../../../../src/transport/tokens/oauth.ts';
import { Secret } from '../../../../src/model/secret.ts';
import { scriptedServer, type Reply } from '../../../support/scripted-http.ts';

const clientSecret = 's3cret+/ ü';

async function source(t: TestContext, reply: Reply | ((count: number) => Reply)) {
  const server = await scriptedServer((_asked, count) =>
    typeof reply === 'function' ? reply(count) : reply,
  );
  t.after(() => server.close());
  let now = 1_000_000;
  const bearer = oauthTokens(
    {
      tokenEndpoint: `${server.url}/token?tenant=1`,
      clientId: 'kafka writer',
      clientSecret: new Secret(clientSecret),
      tokenEndpointAuthMethod: 'client_secret_basic',
      scope: 'kafka events',
      parameters: new Secret({}),
      extensions: { logicalCluster: 'lkc-1' },
    },
    'settings.kafka.sasl.oauth',
    () => now,
  );
  return { server, bearer, pass: (ms: number) => (now += ms), endpoint: `${server.url}/token` };
}

const granted: Reply = { body: { access_token: 'tok3n', token_type: 'Bearer', expires_in: 600 } };

describe("OAuth's client credentials", () => {
  it('are sent as RFC 6749 says, and give a token with its extensions', async (t) => {
    const { server, bearer } = await source(t, granted);
    const { token, extensions } = await bearer();
    assert.deepEqual([token.reveal(), extensions], ['tok3n', { logicalCluster: 'lkc-1' }]);
    const [asked] = server.asked;
    assert.deepEqual([asked?.method, asked?.path], ['POST', '/token?tenant=1']);
    assert.equal(asked?.body, 'grant_type=client_credentials&scope=kafka+events');
    assert.equal(asked?.headers['content-type'], 'application/x-www-form-urlencoded;charset=UTF-8');
    // printf 'kafka+writer:s3cret%2B%2F+%C3%BC' | base64
    assert.equal(asked?.headers.authorization, 'Basic a2Fma2Erd3JpdGVyOnMzY3JldCUyQiUyRislQzMlQkM=');
  });

  it('are used once for all who ask, and again before the token expires', async (t) => {
    const { server, bearer, pass } = await source(t, granted);
    await Promise.all([bearer(), bearer(), bearer()]);
    pass(399_999);
    await bearer();
    assert.equal(server.asked.length, 1);
    pass(1);
    await bearer();
    assert.equal(server.asked.length, 2);
  });

  it('are used again as the token itself says, where the endpoint tells no life', async (t) => {
    const claims = Buffer.from(JSON.stringify({ exp: 1_300 })).toString('base64url');
    const { server, bearer, pass } = await source(t, { body: { access_token: `e30.${claims}.x` } });
    await bearer();
    pass(199_999);
    await bearer();
    assert.equal(server.asked.length, 1);
    pass(1);
    await bearer();
    assert.equal(server.asked.length, 2);
  });

  const refusals: [reply: Reply, said: string][] = [
    [
      { status: 401, body: { error: 'invalid_client', error_description: 'Unknown client.' } },
      '401 invalid_client (Unknown client)',
    ],
    [{ status: 400, body: { error: 'invalid_scope' } }, '400 invalid_scope'],
    [{ status: 404, body: '<html>' }, '404'],
    [{ status: 302, headers: { location: 'https://elsewhere.example.com' } }, '302'],
    [{ body: '<html>Welcome</html>' }, 'without an access_token'],
    [{ body: { access_token: '' } }, 'without an access_token'],
  ];
  for (const [reply, said] of refusals) {
    it(`are refused for good: ${said}`, async (t) => {
      const { bearer, endpoint } = await source(t, reply);
      await assert.rejects(bearer(), {
        code: 'AUTHENTICATION_FAILED',
        message:
          `The token endpoint ${endpoint} answered ${said}. ` +
          'Check settings.kafka.sasl.oauth: tokenEndpoint, clientId, clientSecret, tokenEndpointAuthMethod, scope, audience.',
      });
    });
  }

  const troubles: [reply: Reply, said: string][] = [
    [{ status: 500 }, 'answered 500'],
    [{ status: 503, body: { error: 'temporarily_unavailable' } }, 'answered 503 temporarily_unavailable'],
    [{ status: 429 }, 'answered 429'],
    [{ cut: true }, 'did not answer: other side closed'],
  ];
  for (const [reply, said] of troubles) {
    it(`may be taken later: ${said}`, async (t) => {
      const { bearer, endpoint, pass } = await source(t, (count) => (count === 1 ? reply : granted));
      await assert.rejects(bearer(), {
        code: 'CREDENTIALS_UNAVAILABLE',
        message:
          `The token endpoint ${endpoint} ${said}. It is asked again; check ` +
          'settings.kafka.sasl.oauth.tokenEndpoint and the network if this lasts.',
      });
      pass(500);
      assert.equal((await bearer()).token.reveal(), 'tok3n');
    });
  }

  it('wait for an answer 4 s at most', async (t) => {
    const { bearer } = await source(t, { delay: Infinity });
    const begun = performance.now();
    await assert.rejects(bearer(), { code: 'CREDENTIALS_UNAVAILABLE', message: /no answer within 4000 ms/ });
    assert.ok(performance.now() - begun < 8_000);
  });

  it('say where nobody listens', async (t) => {
    const { server, bearer } = await source(t, granted);
    await server.close();
    t.mock.method(server, 'close', () => Promise.resolve());
    await assert.rejects(bearer(), {
      code: 'CREDENTIALS_UNAVAILABLE',
      message: /did not answer: .*ECONNREFUSED/,
    });
  });

  it('are in no error, not even where the endpoint quotes them', async (t) => {
    const { bearer } = await source(t, {
      status: 401,
      body: {
        error: 'invalid_client',
        error_description: `no client has "${clientSecret}" (s3cret%2B%2F+%C3%BC, a2Fma2Erd3JpdGVyOnMzY3JldCUyQiUyRislQzMlQkM=)`,
      },
    });
    await assert.rejects(bearer(), (error: unknown) => {
      const shown = inspect(error, { depth: 9, showHidden: true });
      assert.match(shown, /no client has "\[secret\]" \(\[secret\], \[secret\]\)/);
      return !shown.includes(clientSecret);
    });
  });
});
