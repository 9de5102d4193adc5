import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import aws4 from 'aws4';
import { mskIamTokens, type AwsKeys } from '../../../../src/transport/security/msk-iam.ts';
import { Secret } from '../../../../src/model/secret.ts';

const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const fixed = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey };
const temporary = {
  accessKeyId: 'ASIDEXAMPLE',
  secretAccessKey,
  sessionToken: 'FwoGZXIvYXdzEXAMPLE/+t0ken==',
};
const fiveOClock = Date.parse('2026-11-23T05:00:00Z');

interface Setup {
  readonly region?: string;
  readonly credentials?: AwsKeys;
  readonly now?: () => number;
  readonly chain?: () => Promise<AwsKeys & { expiration?: Date }>;
}

function tokens({ region = 'eu-west-1', credentials, now = () => fiveOClock, chain }: Setup) {
  return mskIamTokens({ region, signer: credentials && new Secret(credentials) }, now, chain);
}

async function urlOf(setup: Setup): Promise<string> {
  const token = (await tokens(setup)()).token.reveal();
  assert.match(token, /^[\w-]+$/, 'base64url without padding');
  return Buffer.from(token, 'base64url').toString();
}

describe("MSK's token", () => {
  // Both URLs are botocore's: SigV4QueryAuth(keys, 'kafka-cluster', region, expires) at that time.
  it('is the URL that AWS signs for the same keys, region and time', async () => {
    assert.equal(
      await urlOf({ credentials: fixed }),
      'https://kafka.eu-west-1.amazonaws.com/?Action=kafka-cluster%3AConnect&User-Agent=walkeros-destination-kafka' +
        '&X-Amz-Algorithm=AWS4-HMAC-SHA256' +
        '&X-Amz-Credential=AKIDEXAMPLE%2F20261123%2Feu-west-1%2Fkafka-cluster%2Faws4_request' +
        '&X-Amz-Date=20261123T050000Z&X-Amz-Expires=900' +
        '&X-Amz-Signature=723d5d632d74cdbb1bbb023dfa5facce7ca6c01d4c80fdc365f08ea84d702c82' +
        '&X-Amz-SignedHeaders=host',
    );
  });

  it('carries the session token of temporary keys, and dies with them', async () => {
    const chain = () => Promise.resolve({ ...temporary, expiration: new Date(fiveOClock + 600_000) });
    assert.equal(
      await urlOf({ region: 'us-gov-west-1', chain }),
      'https://kafka.us-gov-west-1.amazonaws.com/?Action=kafka-cluster%3AConnect' +
        '&User-Agent=walkeros-destination-kafka&X-Amz-Algorithm=AWS4-HMAC-SHA256' +
        '&X-Amz-Credential=ASIDEXAMPLE%2F20261123%2Fus-gov-west-1%2Fkafka-cluster%2Faws4_request' +
        '&X-Amz-Date=20261123T050000Z&X-Amz-Expires=600' +
        '&X-Amz-Security-Token=FwoGZXIvYXdzEXAMPLE%2F%2Bt0ken%3D%3D' +
        '&X-Amz-Signature=76dd81fabaa7740fb062a7604ad30f752a2f9b37653b25f1cead21ecaebaaedd' +
        '&X-Amz-SignedHeaders=host',
    );
  });

  const keys: AwsKeys[] = [fixed, temporary, { accessKeyId: 'A', secretAccessKey: 'ß€😀 +/=&%' }];
  for (const credentials of keys) {
    for (const region of ['ap-southeast-2', 'cn-north-1']) {
      it(`is signed as aws4 signs it: ${credentials.accessKeyId} in ${region}`, async () => {
        const at = Date.parse('2027-02-28T23:59:59.999Z');
        const { searchParams } = new URL(await urlOf({ region, credentials, now: () => at }));
        const host = `kafka.${region}.amazonaws.com`;
        const path = '/?Action=kafka-cluster%3AConnect&X-Amz-Expires=900&X-Amz-Date=20270228T235959Z';
        const request = { service: 'kafka-cluster', region, host, path, signQuery: true };
        const signed = new URL(`https://${host}${aws4.sign(request, credentials).path}`);
        searchParams.delete('User-Agent');
        searchParams.sort();
        signed.searchParams.sort();
        assert.deepEqual([...searchParams], [...signed.searchParams]);
      });
    }
  }

  it('is renewed before its 900 seconds are over, once for all who ask', async () => {
    let now = fiveOClock;
    let asked = 0;
    const chain = () => {
      asked += 1;
      return Promise.resolve(fixed);
    };
    const token = tokens({ chain, now: () => now });
    const first = await Promise.all(Array.from({ length: 20 }, token));
    assert.equal(new Set(first).size, 1);
    now += 599_000;
    assert.equal(await token(), first[0]);
    now += 1_000;
    const second = await Promise.all(Array.from({ length: 20 }, token));
    assert.equal(new Set(second).size, 1);
    assert.notEqual(second[0]?.token.reveal(), first[0]?.token.reveal());
    assert.equal(asked, 2);
  });

  it('is refused where the keys have expired', async () => {
    const chain = () => Promise.resolve({ ...temporary, expiration: new Date(fiveOClock) });
    await assert.rejects(tokens({ chain })(), {
      code: 'CREDENTIALS_UNAVAILABLE',
      message:
        'No AWS credentials for MSK: they expired at 2026-11-23T05:00:00.000Z. Give the process a role, a profile or ' +
        'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or set settings.kafka.sasl.accessKeyId and secretAccessKey.',
    });
  });

  it('shows itself nowhere', async () => {
    const { token } = await tokens({ credentials: temporary })();
    assert.equal(inspect(token), '[secret]');
    assert.equal(JSON.stringify({ token }), '{"token":"[secret]"}');
  });
});
