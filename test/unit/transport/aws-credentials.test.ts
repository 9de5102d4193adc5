import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createNetServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { mskIamTokens } from '../../../src/transport/security/msk-iam.ts';
import { eventually } from '../../support/eventually.ts';
import { tempFolder } from '../../support/temp.ts';

describe("AWS's credential chain", () => {
  const folder = tempFolder();
  const credentialsFile = join(folder, 'credentials');
  const original = { ...process.env };

  // Nothing of this machine may be found: no real keys, no instance's role.
  beforeEach(() => {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
    process.env.AWS_CONFIG_FILE = join(folder, 'missing');
    process.env.AWS_SHARED_CREDENTIALS_FILE = join(folder, 'missing');
    process.env.AWS_EC2_METADATA_DISABLED = 'true';
  });
  afterEach(() => {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
    Object.assign(process.env, original);
  });

  /** Who signed the token, and for how long. */
  async function signed(token = tokens()): Promise<{ key: string | undefined; life: string | null }> {
    const url = new URL(Buffer.from((await token()).token.reveal(), 'base64url').toString());
    const { searchParams } = url;
    const key = searchParams.get('X-Amz-Credential')?.split('/')[0];
    return { key, life: searchParams.get('X-Amz-Expires') };
  }

  function tokens(now?: () => number) {
    return mskIamTokens({ region: 'eu-west-1', signer: undefined }, now);
  }

  it('takes the environment', async () => {
    process.env.AWS_ACCESS_KEY_ID = 'AKIDENV';
    process.env.AWS_SECRET_ACCESS_KEY = 'env-s3cret';
    assert.deepEqual(await signed(), { key: 'AKIDENV', life: '900' });
  });

  it('takes a profile, and finds keys that were replaced in its file', async () => {
    const profile = (key: string) =>
      writeFileSync(
        credentialsFile,
        `[shop]\naws_access_key_id = ${key}\naws_secret_access_key = file-s3cret\n`,
      );
    process.env.AWS_SHARED_CREDENTIALS_FILE = credentialsFile;
    process.env.AWS_PROFILE = 'shop';
    let now = Date.now();
    const token = tokens(() => now);
    profile('AKIDOLD');
    assert.equal((await signed(token)).key, 'AKIDOLD');
    profile('AKIDNEW');
    now += 600_000;
    assert.equal((await signed(token)).key, 'AKIDNEW');
  });

  it("takes the container's endpoint, and lets the token die with its keys", async (t) => {
    const server = createServer((request, response) => {
      assert.equal(request.headers.authorization, 'container-t0ken');
      const Expiration = new Date(Date.now() + 400_500).toISOString();
      response.end(
        JSON.stringify({ AccessKeyId: 'ASIDTASK', SecretAccessKey: 'task-s3cret', Token: 't', Expiration }),
      );
    }).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `http://127.0.0.1:${port}/task`;
    process.env.AWS_CONTAINER_AUTHORIZATION_TOKEN = 'container-t0ken';
    const { key, life } = await signed();
    assert.equal(key, 'ASIDTASK');
    assert.ok(Number(life) > 390 && Number(life) <= 401, `life ${life}`);
  });

  /** An STS that takes the request and stays silent: no token and no error after 45 s, for ever. */
  it('waits 5 s for an STS that stays silent, and says whose time ran out', async (t) => {
    const open = new Set<Socket>();
    const server = createNetServer((socket) => {
      open.add(socket.on('error', () => undefined).on('close', () => open.delete(socket)));
      socket.resume();
    }).listen(0, '127.0.0.1');
    t.after(() => {
      server.close();
      for (const socket of open) socket.destroy();
    });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    writeFileSync(join(folder, 'web-identity'), 'header.claims.signature');
    process.env.AWS_WEB_IDENTITY_TOKEN_FILE = join(folder, 'web-identity');
    process.env.AWS_ROLE_ARN = 'arn:aws:iam::123456789012:role/shop';
    process.env.AWS_REGION = 'eu-west-1';
    process.env.AWS_ENDPOINT_URL_STS = `http://127.0.0.1:${port}`;
    const answer = signed().then(
      () => 'a token',
      (error: unknown) => error,
    );
    const given = await Promise.race([answer, sleep(20_000, 'nothing within 20 s', { ref: false })]);
    assert.ok(given instanceof Error, String(given));
    assert.match(
      given.message,
      /^No AWS credentials for MSK: the AWS credential chain did not answer within 5000 ms\. Give the process/,
    );
    assert.equal('code' in given && given.code, 'CREDENTIALS_UNAVAILABLE');
    // Nor does the silent connection stay open.
    await eventually('the connections have ended', () => open.size === 0, { timeoutMs: 40_000 });
  });

  it('takes what STS answers', async (t) => {
    const result =
      '<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>' +
      '<AccessKeyId>ASIDSTS</AccessKeyId><SecretAccessKey>sts-s3cret</SecretAccessKey><SessionToken>t</SessionToken>' +
      `<Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration>` +
      '</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>';
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/xml' }).end(result);
    }).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    writeFileSync(join(folder, 'web-identity'), 'header.claims.signature');
    process.env.AWS_WEB_IDENTITY_TOKEN_FILE = join(folder, 'web-identity');
    process.env.AWS_ROLE_ARN = 'arn:aws:iam::123456789012:role/shop';
    process.env.AWS_REGION = 'eu-west-1';
    process.env.AWS_ENDPOINT_URL_STS = `http://127.0.0.1:${port}`;
    assert.deepEqual(await signed(), { key: 'ASIDSTS', life: '900' });
  });

  it('says what to do where there is nothing to find', async () => {
    await assert.rejects(signed(), {
      name: 'KafkaError',
      code: 'CREDENTIALS_UNAVAILABLE',
      message:
        'No AWS credentials for MSK: Could not load credentials from any providers. Give the process a role, a profile ' +
        'or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or set settings.kafka.sasl.accessKeyId and secretAccessKey.',
    });
  });

  it('keeps its secrets out of errors', async () => {
    process.env.AWS_SHARED_CREDENTIALS_FILE = credentialsFile;
    process.env.AWS_PROFILE = 'absent';
    writeFileSync(
      credentialsFile,
      '[shop]\naws_access_key_id = AKIDOLD\naws_secret_access_key = file-s3cret\n',
    );
    await assert.rejects(signed(), (error) => !inspect(error, { depth: 9 }).includes('file-s3cret'));
  });
});
