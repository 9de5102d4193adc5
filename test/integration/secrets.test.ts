import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { sharedBroker } from '../support/broker.ts';
import { scriptedBroker } from '../support/scripted-broker.ts';
import { scriptedServer } from '../support/scripted-http.ts';
import type { Scenario } from '../support/talkative-process.ts';

const secret = (): string => `s3cret${randomBytes(12).toString('hex')}`;

/** One in every place that takes a secret, each found nowhere else. */
const planted = {
  password: secret(),
  provided: secret(),
  token: secret(),
  atProvider: secret(),
  clientSecret: secret(),
  accessSecret: secret(),
  sessionToken: secret(),
  passphrase: secret(),
  registryPassword: secret(),
  registryToken: secret(),
  granted: secret(),
  inUrl: secret(),
};
const { privateKey: lockedKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: planted.passphrase },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const pem = (name: string): string =>
  readFileSync(new URL(`../contract/tls/${name}.pem`, import.meta.url), 'utf8');
const [cert, key] = [pem('certificate'), pem('key')];
const lockedPem = createPrivateKey(key).export({
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-256-cbc',
  passphrase: planted.passphrase,
}) as string;
const body = (text: string): string => text.split('\n')[5] ?? '';
const secrets = [...Object.values(planted), body(key), lockedKey.split('\n')[2] ?? '', body(lockedPem)];

/** Accepts connections and hangs up at the first word, as a broker does that wants something else. */
async function rudeBroker(t: TestContext): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.destroy());
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const login = { username: 'shop', password: planted.password };
const aws = {
  mechanism: 'aws',
  region: 'eu-west-1',
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: planted.accessSecret,
  sessionToken: planted.sessionToken,
};
const mutual = { cert, key, passphrase: planted.passphrase, rejectUnauthorized: false };
const oauthLoginAt = (tokenEndpoint: string, path: string) => ({
  oauth: { tokenEndpoint: `${tokenEndpoint}/${path}`, clientId: 'shop', clientSecret: planted.clientSecret },
});
const oauthAt = (tokenEndpoint: string, path: string) => ({
  mechanism: 'oauthbearer',
  ...oauthLoginAt(tokenEndpoint, path),
});

/** Settings that are wrong by themselves: what is refused must not be quoted. */
const wrong: object[] = [
  { sasl: { mechanism: 'plain', username: 'shop', password: { value: planted.password } } },
  { sasl: { mechanism: 'plain', ...login, passwort: planted.password } },
  { sasl: { mechanism: 'plain', password: planted.password } },
  { sasl: { mechanism: 'oauthbearer', token: [planted.token] } },
  { sasl: { mechanism: 'oauthbearer', token: planted.token, oauth: planted.clientSecret } },
  { sasl: oauthAt(`https://shop:${planted.inUrl}@idp.example.com`, 'token') },
  { sasl: { ...aws, region: undefined, accessKeyId: undefined } },
  { sasl: { ...aws, authorizationIdentity: 'AROA' }, ssl: true },
  { ssl: planted.password },
  { ssl: { key: planted.passphrase, cert } },
  { ssl: { key, cert: planted.passphrase } },
  { ssl: { key: lockedKey, cert, passphrase: planted.password } },
  { ssl: { key: lockedKey, cert, passphrase: planted.passphrase } },
  { ssl: { pfx: { type: 'Buffer', data: [1, 2] }, passphrase: planted.passphrase } },
  { brokers: [`shop:${planted.inUrl}@kafka1:9092`] },
  { headers: { authorization: [planted.token] } },
];

async function scenarios(t: TestContext): Promise<Scenario[]> {
  const { brokers: plain } = await sharedBroker();
  const rude = await rudeBroker(t);
  const issuer = await scriptedServer(({ path, body: asked, headers }) => {
    const quoted = `${asked} ${String(headers.authorization)} ${planted.clientSecret}`;
    if (path === '/refusing')
      return { status: 401, body: { error: 'invalid_client', error_description: quoted } };
    if (path === '/broken') return { status: 500, body: quoted };
    if (path === '/granting') return { body: { access_token: planted.granted, expires_in: 600 } };
    return { cut: true };
  });
  t.after(() => issuer.close());
  const registry = await scriptedServer(({ path, headers }) => ({
    status: path.includes('refusing') ? 401 : 500,
    body: { message: String(headers.authorization) },
  }));
  t.after(() => registry.close());

  const logins: [sasl: object | undefined, ssl: unknown, provider?: Scenario['provider']][] = [
    [{ mechanism: 'plain', ...login }, false],
    [{ mechanism: 'plain', ...login }, mutual],
    [{ mechanism: 'scram-sha-256', ...login }, false],
    [{ mechanism: 'scram-sha-512', ...login }, mutual],
    [{ mechanism: 'scram-sha-512' }, false, { name: 'credentials', secret: planted.provided }],
    [{ mechanism: 'oauthbearer', token: planted.token }, false],
    [{ mechanism: 'oauthbearer' }, false, { name: 'oauthBearerProvider', secret: planted.atProvider }],
    ...['refusing', 'broken', 'cut'].map((path): [object, boolean] => [oauthAt(issuer.url, path), false]),
    [aws, mutual],
    [undefined, mutual],
  ];
  const base = { topic: 'never-made', deliveryTimeout: 800, connectionTimeout: 500 };
  const failing = (['platformatic', 'kafkajs'] as const).flatMap((client) =>
    [plain, [rude]].flatMap((brokers, which) =>
      // Whoever hangs up does so before it matters how one logs in.
      logins
        .filter((_, n) => which === 0 || n < 3)
        .map(([sasl, ssl, provider]): Scenario => {
          const kafka = { ...base, client, brokers, ssl, ...(sasl && { sasl }) };
          return { settings: { kafka }, ...(provider && { provider }) };
        }),
    ),
  );
  const refused = wrong.map((part): Scenario => ({
    settings: { kafka: { ...base, brokers: ['127.0.0.1:1'], ...part } },
  }));
  const auths = [
    { username: 'shop', password: planted.registryPassword },
    { token: planted.registryToken },
    oauthLoginAt(issuer.url, 'refusing'),
    oauthLoginAt(issuer.url, 'granting'),
  ];
  const registering = auths.flatMap((auth) =>
    ['refusing', 'broken'].map((subject): Scenario => ({
      settings: { kafka: { ...base, topic: `secrets-${randomBytes(4).toString('hex')}`, brokers: plain } },
      setup: {
        numPartitions: 1,
        replicationFactor: 1,
        schemaRegistry: {
          url: registry.url,
          subject,
          schemaType: 'JSON',
          schema: '{"type":"object"}',
          auth,
          ssl: { key, cert },
        },
      },
    })),
  );
  return [...failing, ...refused, ...registering];
}

it('no secret is in anything that a process prints, in whatever way it fails', async (t) => {
  const all = await scenarios(t);
  const program = join(import.meta.dirname, '../support/talkative-process.ts');
  // As many at a time as there are processors to be expected.
  const outputs = await Promise.all(
    [0, 1].map((part) =>
      run(
        program,
        all.filter((_, n) => n % 2 === part),
      ),
    ),
  );
  for (const [part, { code, output }] of outputs.entries()) {
    const expected = all.filter((_, n) => n % 2 === part).length;
    assert.match(output, new RegExp(`^${expected} failures, [1-9]\\d* metrics$`, 'm'), output.slice(-2_000));
    assert.match(output, /AggregateError: the crash/);
    assert.equal(code, 1);
    for (const text of forms()) {
      const at = output.indexOf(text);
      assert.equal(
        at,
        -1,
        `${JSON.stringify(text.slice(0, 6))}…, a secret, shows in: ${output.slice(Math.max(0, at - 300), Math.max(0, at))}`,
      );
    }
  }
  // It was looked for where it would be.
  const whole = outputs.map(({ output }) => output).join('');
  for (const code of [
    'AUTHENTICATION_FAILED',
    'CREDENTIALS_UNAVAILABLE',
    'TLS_FAILED',
    'SETTINGS_INVALID',
    'REGISTRY_UNAUTHORIZED',
    'DEADLINE_EXCEEDED',
  ])
    assert.ok(whole.includes(code), code);
});

/**
 * With DEBUG=* the request layer of the default client printed each login with its bytes, the password in hex among them.
 * NODE_DEBUG=https printed the options of TLS connections: key and passphrase. `stream` is not in the list, which prints the
 * bytes that any stream of Node's receives; docs/security.md says so.
 */
it('no secret is in what libraries and Node print for debugging, whatever channel is listened to', async (t) => {
  const doors = await Promise.all([scriptedBroker('PLAIN'), scriptedBroker('PLAIN', { cert, key })]);
  const issuer = await scriptedServer(() => ({
    body: { access_token: planted.token, token_type: 'Bearer', expires_in: 600 },
  }));
  const registry = createHttpsServer({ cert, key }, (_request, response) => {
    response.writeHead(401).end();
  }).listen(0, '127.0.0.1');
  await once(registry, 'listening');
  t.after(async () => {
    for (const door of [...doors, registry]) door.close();
    await issuer.close();
  });
  const logins = [
    { mechanism: 'plain', ...login },
    { mechanism: 'oauthbearer', token: planted.token },
    { ...oauthAt(issuer.url, 'token') },
    aws,
  ];
  const base = { topic: 'never-made', deliveryTimeout: 800, connectionTimeout: 500 };
  const all = (['platformatic', 'kafkajs'] as const).flatMap((client) =>
    doors.flatMap(({ address }, which) =>
      logins
        .filter(({ mechanism }) => which === 1 || mechanism !== 'aws')
        .map((sasl): Scenario => {
          const ssl = which === 1 && locked();
          return { settings: { kafka: { ...base, client, brokers: [address], ssl, sasl } } };
        }),
    ),
  );
  const auths = [
    { username: 'shop', password: planted.registryPassword },
    { token: planted.registryToken },
    oauthLoginAt(issuer.url, 'token'),
  ];
  const registering = auths.map((auth): Scenario => ({
    settings: { kafka: { ...base, brokers: [doors[0].address] } },
    setup: {
      numPartitions: 1,
      replicationFactor: 1,
      schemaRegistry: {
        url: `https://127.0.0.1:${(registry.address() as AddressInfo).port}`,
        subject: 'orders',
        schemaType: 'JSON',
        schema: '{"type":"object"}',
        auth,
        ssl: locked(),
      },
    },
  }));
  const program = join(import.meta.dirname, '../support/talkative-process.ts');
  const { output } = await run(program, [...all, ...registering], {
    DEBUG: '*',
    NODE_DEBUG: 'net,tls,http,https,fetch,undici,timer',
    TALK_OF_CHANNELS: 'yes',
  });
  assert.match(output, /17 failures, \d+ metrics/, output.slice(-2_000));
  // The channels were open, and logins went through them.
  assert.match(output, /plt:kafka:protocol/);
  assert.match(output, /SaslAuthenticate/);
  assert.match(output, /^TLS \d+: /m);
  assert.match(output, /channel tracing:plt:kafka:connections:api/);
  assert.ok(doors.every(({ logins }) => logins.some((bytes) => bytes.includes(planted.password))));
  for (const text of forms()) {
    const at = output.indexOf(text);
    assert.equal(at, -1, `a secret shows in: ${output.slice(Math.max(0, at - 500), Math.max(0, at))}`);
  }
});

/** A client's certificate whose key is opened by a passphrase. */
function locked() {
  return { ca: cert, cert, key: lockedPem, passphrase: planted.passphrase };
}

/** As they are, and as logins and dumps would have them. */
function forms(): string[] {
  const basic = [
    `shop:${planted.clientSecret}`,
    `shop:${planted.registryPassword}`,
    `\0shop\0${planted.password}`,
  ].map((text) => Buffer.from(text).toString('base64').replace(/=+$/, '').slice(0, -2));
  // Node shows 50 bytes of a buffer, so perhaps only the beginning of a secret.
  const bytes = secrets.map((text) => Buffer.from(text.slice(0, 12)));
  const dumped = bytes.map((text) => (text.toString('hex').match(/../g) ?? []).join(' '));
  const hex = bytes.map((text) => text.toString('hex'));
  return [...secrets, ...basic, ...dumped, ...hex];
}

async function run(
  program: string,
  part: readonly Scenario[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: unknown; output: string }> {
  const child = spawn(process.execPath, [program], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stdin.end(JSON.stringify(part));
  await once(child, 'close');
  return { code: child.exitCode, output };
}
