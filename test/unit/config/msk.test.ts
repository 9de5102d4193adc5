import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { resolveOptions } from '../../../src/config/resolve.ts';
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

describe('the region MSK tokens are signed for', () => {
  for (const { brokers, region, environment = {}, signed } of rows) {
    it(`${JSON.stringify({ brokers, region, environment })} → ${signed}`, () => {
      const sasl = { mechanism: 'aws', ...(region && { region }) };
      const settings = { kafka: { brokers, ssl: true, sasl } };
      if (signed === undefined) return assert.deepEqual(problems(settings, { environment }), [missing]);
      const login = resolveOptions(withKafka(settings), { environment }).options.connection.sasl;
      assert.ok(login !== undefined && 'region' in login);
      assert.equal(login.region, signed);
    });
  }

  it('is of no interest to other mechanisms', () => {
    const sasl = { mechanism: 'scram-sha-512', username: 'shop', password: 'x' };
    assert.deepEqual(problems({ kafka: { sasl } }, { environment: {} }), []);
  });
});

describe('AWS keys', () => {
  const keys = { accessKeyId: 'AKID', secretAccessKey: 'hunter2', sessionToken: 't0ken' };

  it('reach the client wrapped', () => {
    const sasl = { mechanism: 'aws', region: 'eu-west-1', ...keys };
    const { options } = resolveOptions(withKafka({ kafka: { ssl: true, sasl } }));
    const login = options.connection.sasl;
    assert.ok(login !== undefined && 'signer' in login);
    assert.deepEqual(login.signer?.reveal(), keys);
    const shown = inspect(options, { depth: Infinity, showHidden: true }) + JSON.stringify(options);
    for (const secret of ['hunter2', 't0ken']) assert.ok(!shown.includes(secret), shown);
  });

  it('are left to the credential chain where none is set', () => {
    const sasl = { mechanism: 'aws', region: 'eu-west-1' };
    const login = resolveOptions(withKafka({ kafka: { ssl: true, sasl } })).options.connection.sasl;
    assert.ok(login !== undefined && 'signer' in login);
    assert.equal(login.signer, undefined);
  });
});
