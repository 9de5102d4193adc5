import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { inspect } from 'node:util';
import { resolveOptions } from '../../../../src/config/resolve.ts';
import { Secret } from '../../../../src/model/secret.ts';
import { Registry } from '../../../../src/schema/registry/registry.ts';
import { scriptedServer, type Asked, type Reply } from '../../../support/scripted-http.ts';
import { startTokenIssuer } from '../../../support/token-issuer.ts';

const latest: Reply = { body: { id: 7, version: 2, schema: '"string"' } };
const unauthorized: Reply = { status: 401, body: { error_code: 401, message: 'Unauthorized' } };

/** A registry as `settings.value.registry` names it. */
async function registryOf(t: TestContext, auth: object, answer: (asked: Asked, count: number) => Reply) {
  const server = await scriptedServer(answer);
  t.after(() => server.close());
  const value = { format: 'avro', registry: { url: server.url, auth } };
  const { options } = resolveOptions({ kafka: { brokers: ['kafka1:9092'], topic: 'events' }, value });
  const choice = options.valueOf();
  assert.ok('registry' in choice);
  const setting = 'settings.value.registry';
  return {
    registry: new Registry({ ...choice.registry, retries: 0, setting }),
    asked: server.asked,
    options,
  };
}

const pem = (name: string): string =>
  readFileSync(new URL(`../../../contract/tls/${name}.pem`, import.meta.url), 'utf8');

async function issuerOf(t: TestContext) {
  const issuer = await startTokenIssuer('User:shop');
  t.after(() => issuer.close());
  const { tokenEndpoint, clientId, clientSecret } = issuer;
  return { issuer, oauth: { tokenEndpoint, clientId, clientSecret } };
}

describe('a registry that wants a token', () => {
  it('gets one that was fetched once for all who ask, and the headers of Confluent Cloud', async (t) => {
    const { issuer, oauth } = await issuerOf(t);
    const auth = { oauth, logicalCluster: 'lsrc-1a2b3', identityPoolId: 'pool-1,pool-2' };
    const { registry, asked } = await registryOf(t, auth, () => latest);
    await Promise.all(['a', 'b', 'c'].map((subject) => registry.latest(subject)));
    assert.equal(issuer.tokens.length, 1);
    const sent = asked.map(({ headers }) => [
      headers.authorization,
      headers['target-sr-cluster'],
      headers['confluent-identity-pool-id'],
    ]);
    assert.deepEqual(sent, Array(3).fill([`Bearer ${issuer.tokens[0]}`, 'lsrc-1a2b3', 'pool-1,pool-2']));
  });

  it('gets the token of the user’s function, asked anew when its life ends', async (t) => {
    let count = 0;
    const oauthBearerProvider = () => {
      count += 1;
      return Promise.resolve({ value: `tok3n-${count}`, lifetime: count === 1 ? 1 : 60_000 });
    };
    const { registry, asked } = await registryOf(t, { oauthBearerProvider }, () => latest);
    for (const subject of ['a', 'b', 'c']) {
      await registry.latest(subject);
      await once(AbortSignal.timeout(5), 'abort');
    }
    const sent = asked.map(({ headers }) => headers.authorization);
    assert.deepEqual(sent, ['Bearer tok3n-1', 'Bearer tok3n-2', 'Bearer tok3n-2']);
  });

  it('that refuses one which was good is asked again with the next, once', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const { issuer, oauth } = await issuerOf(t);
    const { registry, asked } = await registryOf(t, { oauth }, ({ headers }) =>
      headers.authorization === `Bearer ${issuer.tokens[1]}` ? latest : unauthorized,
    );
    // A token is kept for 5 s, whoever refuses it.
    await assert.rejects(registry.latest('a'), { code: 'REGISTRY_UNAUTHORIZED' });
    assert.deepEqual([asked.length, issuer.tokens.length], [1, 1]);
    t.mock.timers.setTime(Date.now() + 5_000);
    assert.equal((await registry.latest('a'))?.version, 2);
    assert.deepEqual([asked.length, issuer.tokens.length], [3, 2]);
  });

  const shown = (error: unknown): string => inspect(error, { depth: 9, showHidden: true });

  it('whose token endpoint is down is waited for; the error names the endpoint and no secret', async (t) => {
    const { issuer, oauth } = await issuerOf(t);
    issuer.up = false;
    const { registry, asked, options } = await registryOf(t, { oauth }, () => latest);
    await assert.rejects(registry.latest('a'), (error: Error & { code?: string; detail?: string }) => {
      assert.deepEqual([error.code, error.detail], ['REGISTRY_UNAVAILABLE', 'no-token']);
      assert.match(
        error.message,
        /^The Schema Registry at .* could not look up version latest of subject "a": there is no token to log in with\. The token endpoint http:\/\/127\.0\.0\.1:\d+\/token did not answer: .*\. It is asked again; check settings\.value\.registry\.auth\.oauth\.tokenEndpoint and the network if this lasts\.$/,
      );
      return !shown(error).includes(issuer.clientSecret);
    });
    assert.equal(asked.length, 0);
    assert.ok(
      !inspect(options.valueOf(), { depth: Infinity, showHidden: true }).includes(issuer.clientSecret),
    );
  });

  it('whose token endpoint says no refuses at once, but not where it has given a token before', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const { issuer, oauth } = await issuerOf(t);
    const { tokenEndpoint, clientId } = oauth;
    const wrong = { tokenEndpoint, clientId, clientSecret: 'wr0ng-s3cret' };
    const refused = await registryOf(t, { oauth: wrong }, () => latest);
    await assert.rejects(refused.registry.latest('a'), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'REGISTRY_UNAUTHORIZED');
      assert.match(
        error.message,
        /answered 401 invalid_client .*Check settings\.value\.registry\.auth\.oauth:/,
      );
      return !shown(error).includes('wr0ng-s3cret');
    });
    const { registry } = await registryOf(t, { oauth }, () => latest);
    await registry.latest('a');
    issuer.wanted = { resource: 'urn:registry' };
    t.mock.timers.setTime(Date.now() + 3_600_000);
    await assert.rejects(registry.latest('a'), { code: 'REGISTRY_UNAVAILABLE' });
  });

  it('and quotes it has it kept out of the error, as any login', async (t) => {
    const { issuer, oauth } = await issuerOf(t);
    const quoting = ({ headers }: Asked): Reply => ({
      status: 400,
      body: { message: headers.authorization ?? '' },
    });
    const byToken = await registryOf(t, { oauth }, quoting);
    await assert.rejects(byToken.registry.latest('a'), (error: Error) => {
      assert.match(error.message, /HTTP 400: Bearer \[secret\]\./);
      return !shown(error).includes(issuer.tokens[0] ?? 'none');
    });
    const byName = await registryOf(t, { username: 'shop', password: 'hunter2' }, quoting);
    await assert.rejects(byName.registry.latest('a'), { message: /HTTP 400: Basic \[secret\]\./ });
  });

  // A proxy's page of text that quotes the request was cut to 200 characters, and a message to 1,000, before the login was looked for:
  // what was left of one that stood across the cut went into logs and rejections.
  for (const [what, auth, quoted] of [
    [
      'a name and a password',
      { username: 'shop', password: 'hunter2-hunter3' },
      'c2hvcDpodW50ZXIyLWh1bnRlcjM=',
    ],
    ['a password by itself', { username: 'shop', password: 'hunter2-hunter3' }, 'hunter2-hunter3'],
    ['a password as JSON writes it', { username: 'shop', password: 'hunter"2\\3' }, 'hunter\\"2\\\\3'],
    ['a token', { token: 'tok3n-of-the-shop' }, 'tok3n-of-the-shop'],
  ] as const) {
    it(`and quotes it across the end of what is told has all of it kept out: ${what}`, async (t) => {
      const long = (filler: number): string => `${'x'.repeat(filler)} ${quoted}, and more`;
      for (const [filler, body] of [
        [192, long(192)],
        [992, { message: long(992) }],
      ] as const) {
        const { registry } = await registryOf(t, auth, () => ({ status: 400, body }));
        await assert.rejects(registry.latest('a'), (error: Error) => {
          assert.match(error.message, new RegExp(`: HTTP 400: x{${filler}} \\[secret\\. Check`));
          return true;
        });
      }
    });
  }

  // Node's parsers keep what they cannot read with their error, and that was the cause of ours: a log that shows causes showed the login.
  for (const scheme of ['http', 'https']) {
    it(`and sends the question back, as no HTTP, has it kept out of the cause, too: ${scheme}`, async (t) => {
      const echo = (socket: Socket) => socket.pipe(socket).on('error', () => undefined);
      const cert = pem('certificate');
      const server =
        scheme === 'http' ? createServer(echo) : createTlsServer({ cert, key: pem('key') }, echo);
      t.after(() => server.close());
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const registry = new Registry({
        urls: [`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`],
        auth: { username: 'shop', password: new Secret('hunter2') },
        tls: new Secret({ ca: cert }),
        ...{ timeout: 5_000, retries: 0, setting: 'settings.value.registry' },
      });
      await assert.rejects(registry.latest('a'), (error: Error) => {
        assert.match(error.message, /: (Response does not match|Parse Error).* HTTP/);
        assert.equal(error.cause, undefined);
        return true;
      });
    });
  }
});

describe('the login of a registry is refused at the start', () => {
  const oauth = { tokenEndpoint: 'https://idp.example.com/token', clientId: 'shop', clientSecret: 'hunter2' };
  for (const [what, auth, say] of [
    [
      'two at once',
      { oauth, token: 'tok3n' },
      'holds token beside oauth: keep one of them, since only one can log in',
    ],
    [
      'a token beside a name',
      { username: 'shop', oauth },
      'holds oauth beside username: keep one of them, since only one can log in',
    ],
    [
      'none',
      { logicalCluster: 'lsrc-1' },
      'needs username and password, or a bearer token: token, oauth, or in code an oauthBearerProvider',
    ],
    [
      'a header that nobody reads',
      { username: 'shop', password: 'hunter2', identityPoolId: 'pool-1' },
      'holds identityPoolId, which goes with a bearer token only (token, oauth): remove it',
    ],
  ] as const) {
    it(what, async (t) => {
      const path = 'settings.value.registry.auth';
      await assert.rejects(
        registryOf(t, auth, () => latest),
        {
          code: 'SETTINGS_INVALID',
          message: `The Kafka destination cannot start: 1 problem in its settings\n${path}: ${say}`,
        },
      );
    });
  }

  it('fields of the wrong form, each with what to write', async (t) => {
    const extensions = { logicalCluster: 'lkc-1' };
    const auth = {
      oauth: { ...oauth, tokenEndpoint: 'idp.example.com', extensions, parameters: { scope: 'a' } },
      logicalCluster: 'lsrc-1\r\nx: y',
      oauthBearerProvider: 'token',
    };
    await assert.rejects(
      registryOf(t, auth, () => latest),
      (error: Error) => {
        const path = 'settings.value.registry.auth';
        assert.deepEqual(error.message.split('\n').slice(1).sort(), [
          `${path}.logicalCluster: holds a character that no header takes (a line break?)`,
          `${path}.oauth.extensions: unknown setting here: it belongs to settings.kafka.sasl.oauth.extensions`,
          `${path}.oauth.parameters.scope: has a setting of its own: write scope beside parameters`,
          `${path}.oauth.tokenEndpoint: is no address: write it whole, for example "https://idp.example.com/oauth2/token"`,
          `${path}.oauthBearerProvider: must be a function that answers { value: "<token>" }`,
        ]);
        return true;
      },
    );
  });

  it('and one over http is a warning', () => {
    const auth = { oauth: { ...oauth, tokenEndpoint: 'http://idp.example.com/token' } };
    const registry = { url: 'http://registry:8081', auth };
    const kafka = { brokers: ['kafka1:9092'], topic: 'events' };
    assert.deepEqual(resolveOptions({ kafka, value: { format: 'avro', registry } }).warnings, [
      'settings.value.registry.url: is http: the token crosses the network in clear text; use https',
      'settings.value.registry.auth.oauth.tokenEndpoint: is http: clientSecret and tokens cross the network in clear text; use https',
    ]);
  });
});
