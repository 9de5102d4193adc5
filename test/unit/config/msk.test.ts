import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { resolveOptions, type Resolved } from '../../../src/config/resolve.ts';
import { Secret } from '../../../src/model/secret.ts';
import { mskIamTokens } from '../../../src/transport/security/msk-iam.ts';
import type { Bearer } from '../../../src/transport/tokens/bearer.ts';
import { problems, withKafka } from './problems.ts';

const host = (rest: string) => [`b-1.shop.a1b2c3.c2.kafka${rest}:9098`];
const missing =
  'settings.kafka.sasl.region: is missing: "aws" signs for one region, which neither the host names of ' +
  'settings.kafka.brokers (….kafka.<region>.amazonaws.com) nor AWS_REGION or AWS_DEFAULT_REGION tell; write it, for ' +
  'example "eu-west-1"';

interface Row {
  readonly brokers: string[];
  readonly region?: string;
  readonly environment?: Record<string, string>;
  /** Undefined: refused. */
  readonly signed: string | undefined;
}

const rows: Row[] = [
  { brokers: host('.eu-west-1.amazonaws.com'), signed: 'eu-west-1' },
  { brokers: host('-serverless.us-east-1.amazonaws.com'), signed: 'us-east-1' },
  { brokers: host('.us-gov-west-1.amazonaws.com'), signed: 'us-gov-west-1' },
  { brokers: host('.cn-north-1.amazonaws.com.cn'), signed: 'cn-north-1' },
  { brokers: host('.EU-WEST-1.amazonaws.com'), signed: 'eu-west-1' },
  { brokers: ['kafka.internal:9098', ...host('.eu-west-1.amazonaws.com')], signed: 'eu-west-1' },
  // The setting, then the host, then AWS_REGION, then AWS_DEFAULT_REGION.
  { brokers: host('.eu-west-1.amazonaws.com'), region: 'eu-west-3', signed: 'eu-west-3' },
  {
    brokers: host('.eu-west-1.amazonaws.com'),
    environment: { AWS_REGION: 'eu-west-2' },
    signed: 'eu-west-1',
  },
  {
    brokers: ['kafka.internal:9098'],
    environment: { AWS_REGION: 'eu-west-2', AWS_DEFAULT_REGION: 'eu-west-4' },
    signed: 'eu-west-2',
  },
  {
    brokers: ['kafka.internal:9098'],
    environment: { AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-4' },
    signed: 'eu-west-4',
  },
  { brokers: ['kafka.internal:9098'], environment: { AWS_REGION: '' }, signed: undefined },
  // Not AWS's names.
  { brokers: ['kafka.eu-west-1.example.com:9098'], signed: undefined },
  { brokers: host('.eu-west-1.amazonaws.com.example.com'), signed: undefined },
  { brokers: ['s3.eu-west-1.amazonaws.com:9098'], signed: undefined },
];

const keys = { accessKeyId: 'AKID', secretAccessKey: 'hunter2', sessionToken: 't0ken' };

/** MSK's token is the URL of a request. */
const urlOf = ({ token }: Bearer) => new URL(Buffer.from(token.reveal(), 'base64url').toString());

async function signedBy({ options }: Resolved) {
  const login = options.connection.sasl;
  assert.ok(login !== undefined && 'bearer' in login);
  return urlOf(await login.bearer());
}

describe('the region MSK tokens are signed for', () => {
  for (const { brokers, region, environment = {}, signed } of rows) {
    it(`${JSON.stringify({ brokers, region, environment })} → ${signed}`, async () => {
      const sasl = { mechanism: 'aws', ...(region && { region }), ...keys };
      const settings = { kafka: { brokers, ssl: true, sasl } };
      if (signed === undefined) return assert.deepEqual(problems(settings, { environment }), [missing]);
      const { host, searchParams } = await signedBy(resolveOptions(withKafka(settings), { environment }));
      const [, , of] = searchParams.get('X-Amz-Credential')?.split('/') ?? [];
      assert.deepEqual([host, of], [`kafka.${signed}.amazonaws.com`, signed]);
    });
  }

  it('is of no interest to other mechanisms', () => {
    const sasl = { mechanism: 'scram-sha-512', username: 'shop', password: 'x' };
    assert.deepEqual(problems({ kafka: { sasl } }, { environment: {} }), []);
  });
});

describe('AWS keys', () => {
  it('reach the client wrapped', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2030, 0) });
    const sasl = { mechanism: 'aws', region: 'eu-west-1', ...keys };
    const resolved = resolveOptions(withKafka({ kafka: { ssl: true, sasl } }));
    const { options } = resolved;
    const bearer = await mskIamTokens({ region: 'eu-west-1', signer: new Secret(keys) })();
    // The signature is that of all three keys.
    assert.equal((await signedBy(resolved)).href, urlOf(bearer).href);
    const shown = inspect(options, { depth: Infinity, showHidden: true }) + JSON.stringify(options);
    for (const secret of ['hunter2', 't0ken']) assert.ok(!shown.includes(secret), shown);
  });

  it('are left to the credential chain where none is set', async (t) => {
    const before = process.env;
    t.after(() => (process.env = before));
    process.env = { ...before, AWS_ACCESS_KEY_ID: 'of-the-chain', AWS_SECRET_ACCESS_KEY: 'x' };
    const sasl = { mechanism: 'aws', region: 'eu-west-1' };
    const { searchParams } = await signedBy(resolveOptions(withKafka({ kafka: { ssl: true, sasl } })));
    assert.equal(searchParams.get('X-Amz-Credential')?.split('/')[0], 'of-the-chain');
  });
});
