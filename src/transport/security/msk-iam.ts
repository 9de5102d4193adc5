import { within } from '../../model/foreign.ts';
import { KafkaError, reasonOf, withoutFullStop } from '../../model/errors.ts';
import { Secret } from '../../model/secret.ts';
import type { Bearer, BearerSource } from '../tokens/bearer.ts';
import { keepFresh, type Perishable } from '../tokens/keep-fresh.ts';

/** Who signs: fixed keys, or undefined for AWS's own credential chain (environment, profile, SSO, container, instance). */
interface MskLogin {
  readonly region: string;
  readonly signer: Secret<AwsKeys> | undefined;
}

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Of temporary keys; a token signed with them dies with them. */
interface AwsCredentials extends AwsKeys {
  readonly expiration?: Date | undefined;
}

/** The longest life that MSK grants a token. Seconds. */
const longestLife = 900;

/** A credential chain that has not answered by then is taken for one that failed. Milliseconds. */
const timeout = 5_000;

/** Tokens that log in at MSK with IAM, renewed before they expire. The AWS libraries are loaded by the first one. */
export function mskIamTokens(
  { region, signer }: MskLogin,
  now: () => number = Date.now,
  chain: () => Promise<AwsCredentials> = credentialChain,
): BearerSource {
  const keys = signer === undefined ? () => inTime(chain) : () => Promise.resolve(signer.reveal());
  return keepFresh(async () => signToken(await keys(), region, now()), now);
}

/**
 * MSK's token: the URL of a request to connect, signed in advance (SigV4, in the query) and never sent, in base64url.
 * As `aws-msk-iam-sasl-signer` of AWS makes it.
 *
 * @param at milliseconds since the epoch
 */
async function signToken(
  credentials: AwsCredentials,
  region: string,
  at: number,
): Promise<Perishable<Bearer>> {
  const [{ SignatureV4 }, { Sha256 }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@smithy/core/checksum'),
  ]);
  // SigV4 counts whole seconds.
  const issuedAt = Math.floor(at / 1000) * 1000;
  const life = lifeOf(credentials, issuedAt);
  const hostname = `kafka.${region}.amazonaws.com`;
  const signer = new SignatureV4({
    service: 'kafka-cluster',
    region,
    credentials: { ...credentials },
    sha256: Sha256,
    applyChecksum: false,
  });
  const { query = {} } = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname,
      path: '/',
      headers: { host: hostname },
      query: { Action: 'kafka-cluster:Connect' },
    },
    { expiresIn: life, signingDate: new Date(issuedAt) },
  );
  const url = `https://${hostname}/?${queryText({ ...query, 'User-Agent': 'walkeros-destination-kafka' })}`;
  return {
    value: { token: new Secret(Buffer.from(url).toString('base64url')), extensions: {} },
    issuedAt,
    expiresAt: issuedAt + life * 1000,
  };
}

function lifeOf({ expiration }: AwsCredentials, at: number): number {
  if (expiration === undefined) return longestLife;
  const left = Math.floor((expiration.getTime() - at) / 1000);
  if (left < 1) throw credentialsUnavailable(`they expired at ${expiration.toISOString()}`);
  return Math.min(left, longestLife);
}

function queryText(query: Readonly<Record<string, string | string[] | null>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
    .sort()
    .join('&');
}

/** A link of the chain (STS, a container's endpoint, a process of a profile) may take the question and stay silent. */
async function inTime(chain: () => Promise<AwsCredentials>): Promise<AwsCredentials> {
  const credentials = await within(timeout, chain());
  if (credentials === undefined) {
    throw credentialsUnavailable(`the AWS credential chain did not answer within ${timeout} ms`);
  }
  return credentials;
}

/** Built anew for each token, and without the library's caches: keys that were replaced in a file are found. */
async function credentialChain(): Promise<AwsCredentials> {
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  try {
    return await fromNodeProviderChain({
      ignoreCache: true,
      // Or a connection on which nobody answers would stay open, and keep the process from ending.
      clientConfig: { requestHandler: { requestTimeout: timeout, throwOnRequestTimeout: true } },
    })();
  } catch (failure) {
    // Without the failure as cause: an answer of STS, keys and all, may hang on it.
    throw credentialsUnavailable(withoutCommand(reasonOf(failure)));
  }
}

/** What a profile runs as its `credential_process` may be given a secret. */
function withoutCommand(reason: string): string {
  return reason.startsWith('Command failed:') ? "the profile's credential_process failed" : reason;
}

function credentialsUnavailable(reason: string): KafkaError {
  return new KafkaError(
    'CREDENTIALS_UNAVAILABLE',
    `No AWS credentials for MSK: ${withoutFullStop(reason)}. Give the process a role, a profile or AWS_ACCESS_KEY_ID and ` +
      'AWS_SECRET_ACCESS_KEY, or set settings.kafka.sasl.accessKeyId and secretAccessKey.',
  );
}
