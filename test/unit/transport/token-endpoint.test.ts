import assert from 'node:assert/strict';
import dns from 'node:dns';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, mock, type TestContext } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { inspect } from 'node:util';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { startTokenIssuer } from '../../support/token-issuer.ts';

/** The source of tokens that `settings.kafka.sasl.oauth` makes, as a flow file writes it. */
function tokensOf(oauth: object) {
  const kafka = {
    brokers: ['kafka1:9093'],
    topic: 'events',
    ssl: true,
    sasl: { mechanism: 'oauthbearer', oauth },
  };
  const { sasl } = resolveOptions({ kafka }).options.connection;
  assert.ok(sasl !== undefined && 'bearer' in sasl);
  return async () => (await sasl.bearer()).token.reveal();
}

/** The same of the user's function. */
function provided(answer: object) {
  const sasl = { mechanism: 'oauthbearer', oauthBearerProvider: () => Promise.resolve(answer) };
  const kafka = { brokers: ['kafka1:9093'], topic: 'events', ssl: true, sasl };
  const login = resolveOptions({ kafka }).options.connection.sasl;
  assert.ok(login !== undefined && 'bearer' in login);
  return async () => (await login.bearer()).token.reveal();
}

type LookupDone = (error: Error | null, address?: string | object[], family?: number) => void;

const client = { clientId: 'kafka-writer', clientSecret: 'client-s3cret-1291' };

async function endpoint(
  t: TestContext,
  serve: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(serve).listen(0, '127.0.0.1');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
}

describe('a token endpoint that never comes to an end', { concurrency: true }, () => {
  /** An endless body was kept whole until the time was over: 2.5 GB in 4 s, and the process ended. */
  it('is read up to 1 MiB', { timeout: 30_000 }, async (t) => {
    let sent = 0;
    const tokenEndpoint = await endpoint(t, (_request, response) => {
      const chunk = Buffer.alloc(64 * 1024, '{');
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
      };
      response.on('drain', more);
      more();
    });
    await assert.rejects(tokensOf({ tokenEndpoint, ...client })(), {
      code: 'CREDENTIALS_UNAVAILABLE',
      message:
        `The token endpoint ${tokenEndpoint} did not answer: the answer is larger than 1048576 bytes. It is asked ` +
        'again; check settings.kafka.sasl.oauth.tokenEndpoint and the network if this lasts.',
    });
    // What is on its way in sockets counts as sent.
    assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes were sent`);
  });

  /** Eight megabytes of bytes that compress well are eight kilobytes on the network. */
  it('is read up to 1 MiB, unpacked', { timeout: 30_000 }, async (t) => {
    const { gzipSync } = await import('node:zlib');
    const packed = gzipSync(Buffer.alloc(8 * 1024 * 1024, ' '));
    const tokenEndpoint = await endpoint(t, (_request, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(packed);
    });
    await assert.rejects(tokensOf({ tokenEndpoint, ...client })(), {
      code: 'CREDENTIALS_UNAVAILABLE',
      message: /did not answer: the answer is larger than 1048576 bytes\./,
    });
  });

  /** Each byte comes soon after the one before; the whole counts. */
  it('has 4 s for all of its answer', { timeout: 30_000 }, async (t) => {
    const tokenEndpoint = await endpoint(t, (_request, response) => {
      response.write('{"access_token":"');
      const drip = setInterval(() => response.write('a'), 50);
      response.on('close', () => clearInterval(drip));
    });
    await assert.rejects(tokensOf({ tokenEndpoint, ...client })(), {
      code: 'CREDENTIALS_UNAVAILABLE',
      message: /did not answer: no answer within 4000 ms\./,
    });
  });

  /** The endpoint's own words stand in each push's error and in the log. */
  it('is not quoted without end', { timeout: 30_000 }, async (t) => {
    const tokenEndpoint = await endpoint(t, (_request, response) => {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: 'invalid_client', error_description: 'x'.repeat(500_000) }));
    });
    await assert.rejects(tokensOf({ tokenEndpoint, ...client })(), (error: unknown) => {
      assert.ok(error instanceof Error);
      assert.match(error.message, /answered 401 invalid_client \(x+…\. Check settings\.kafka\.sasl\.oauth/);
      assert.ok(error.message.length < 1_000, `${error.message.length} characters`);
      return true;
    });
  });
});

/**
 * The login is text whose fields end with \x01: a token with one in it went to the broker as further fields, and one with a
 * line break as whatever the broker makes of it.
 */
describe('a token that is no bearer token', () => {
  for (const [what, token] of [
    ['a field of its own', 'abc\x01auth=Bearer other'],
    ['a line break', 'abc\n'],
    ['a space', 'abc def'],
    ['a letter beyond ASCII', 'tokén'],
  ] as const) {
    it(`is refused from a token endpoint: ${what}`, async (t) => {
      const tokenEndpoint = await endpoint(t, (_request, response) =>
        response.end(JSON.stringify({ access_token: token, expires_in: 60 })),
      );
      await assert.rejects(tokensOf({ tokenEndpoint, ...client })(), {
        code: 'AUTHENTICATION_FAILED',
        message:
          `The token endpoint ${tokenEndpoint} answered with an access_token that holds a character which no bearer ` +
          'token has (a line break?). Check settings.kafka.sasl.oauth: tokenEndpoint, clientId, clientSecret, ' +
          'tokenEndpointAuthMethod, scope, audience.',
      });
    });

    it(`is refused from the user's function: ${what}`, async () => {
      await assert.rejects(provided({ value: token })(), {
        code: 'AUTHENTICATION_FAILED',
        message:
          'The function settings.kafka.sasl.oauthBearerProvider gave a token that holds a character which no bearer token has (a ' +
          'line break?): it must answer { value: "<token>" }',
      });
    });
  }

  for (const extensions of [
    { 'logical\x01Cluster': 'a' },
    { logicalCluster: 'a\x01auth=Bearer other' },
    { auth: 'a' },
  ])
    it(`extensions likewise: ${JSON.stringify(extensions)}`, async () => {
      await assert.rejects(provided({ value: 'abc', extensions })(), {
        code: 'AUTHENTICATION_FAILED',
        message:
          'The function settings.kafka.sasl.oauthBearerProvider gave no usable extensions: it must answer { extensions: { name: "text" } }',
      });
    });

  it('of the letters of RFC 6750 is taken', async () => {
    const extensions = { logicalCluster: 'lkc-1 2' };
    assert.equal(await provided({ value: 'aZ09-._~+/==', extensions })(), 'aZ09-._~+/==');
  });
});

/** fetch asked for a server named "localhost.", dot and all, and no certificate has such a name. */
it('a token endpoint whose name ends in a dot is asked for without it', async (t) => {
  mock.method(dns, 'lookup', (_host: string, options: dns.LookupOptions, done: LookupDone) => {
    if (options.all === true) done(null, [{ address: '127.0.0.1', family: 4 }]);
    else done(null, '127.0.0.1', 4);
  });
  t.after(() => mock.restoreAll());
  const names: string[] = [];
  const pem = (name: string) =>
    readFileSync(new URL(`../../contract/tls/${name}.pem`, import.meta.url), 'utf8');
  const SNICallback = (name: string, done: (error: null) => void): void => {
    names.push(name);
    done(null);
  };
  const server = createTlsServer({ cert: pem('certificate'), key: pem('key'), SNICallback }).listen(
    0,
    '127.0.0.1',
  );
  server.on('tlsClientError', () => undefined);
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await assert.rejects(tokensOf({ tokenEndpoint: `https://localhost.:${port}/token`, ...client })());
  assert.deepEqual(names, ['localhost']);
});

describe('settings.kafka.sasl.oauth', () => {
  async function issuer(t: TestContext) {
    const started = await startTokenIssuer('User:shop');
    t.after(() => started.close());
    return started;
  }

  /** Many issuers want the secret in the form (client_secret_post), and there was no way to say so. */
  it('sends the secret in the form, and then in no header', async (t) => {
    const { tokenEndpoint, tokens } = Object.assign(await issuer(t), { secretIn: 'form' });
    const token = await tokensOf({
      tokenEndpoint,
      ...client,
      tokenEndpointAuthMethod: 'client_secret_post',
    })();
    assert.deepEqual([token], tokens);
  });

  /** Auth0 gives no token without `audience`, others none without `resource`. */
  it('sends audience and further form fields', async (t) => {
    const started = await issuer(t);
    const audience = 'https://kafka.example.com';
    started.wanted = { audience, scope: 'kafka', resource: 'urn:kafka', tenant: 'a&b=c' };
    const { tokenEndpoint, tokens } = started;
    const parameters = { resource: 'urn:kafka', tenant: 'a&b=c' };
    const token = await tokensOf({ tokenEndpoint, ...client, scope: 'kafka', audience, parameters })();
    assert.deepEqual([token], tokens);
  });

  it('keeps form fields out of errors and of what is shown of the settings', async (t) => {
    const assertion = 'eyJhbGciOiJSUzI1NiJ9.claims.signature';
    const tokenEndpoint = await endpoint(t, (_request, response) => {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: 'invalid_request', error_description: `bad ${assertion}` }));
    });
    const oauth = { tokenEndpoint, ...client, parameters: { client_assertion: assertion } };
    await assert.rejects(tokensOf(oauth)(), (error: unknown) => {
      const shown = inspect(error, { depth: 9, showHidden: true });
      assert.match(shown, /answered 400 invalid_request \(bad \[secret\]\)/);
      return !shown.includes(assertion);
    });
    const sasl = { mechanism: 'oauthbearer', oauth };
    const { options } = resolveOptions({ kafka: { brokers: ['k:9093'], topic: 't', ssl: true, sasl } });
    assert.ok(!inspect(options, { depth: Infinity, showHidden: true }).includes(assertion));
  });

  it('refuses form fields that are settings of their own', () => {
    const tokenEndpoint = 'https://idp.example.com/token';
    const parameters = { grant_type: 'password', client_secret: 'x', scope: 'kafka', resource: 'urn:kafka' };
    const extensions = { 'logical-cluster': 'lkc-1' };
    assert.throws(() => tokensOf({ tokenEndpoint, ...client, parameters, extensions }), {
      code: 'SETTINGS_INVALID',
      message:
        'The Kafka destination cannot start: 4 problems in its settings\n' +
        'settings.kafka.sasl.oauth.parameters.grant_type: cannot be changed: the grant is always client_credentials\n' +
        'settings.kafka.sasl.oauth.parameters.client_secret: has a setting of its own: write clientSecret and tokenEndpointAuthMethod beside parameters\n' +
        'settings.kafka.sasl.oauth.parameters.scope: has a setting of its own: write scope beside parameters\n' +
        'settings.kafka.sasl.oauth.extensions["logical-cluster"]: has a name that Kafka does not take: letters only',
    });
  });
});
