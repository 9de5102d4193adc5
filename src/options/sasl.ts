import { KafkaError, reasonOf } from '../vocabulary/errors.ts';
import { Secret } from '../vocabulary/secret.ts';
import type { AwsKeys, SaslFacts } from './options.ts';
import type { OAuthBearerProvider, ParsedSettings } from './schema.ts';

type SaslSettings = NonNullable<ParsedSettings['kafka']['sasl']>;

/**
 * The login of settings that rules.ts has passed; what it would have refused is an error of ours, not the user's.
 * @param region what `regionOf` found, for `aws`
 */
export function saslFacts(sasl: SaslSettings | undefined, region?: string): SaslFacts | undefined {
  if (sasl === undefined) return undefined;
  const { mechanism, username, password, token, oauthBearerProvider } = sasl;
  switch (mechanism) {
    case 'plain':
    case 'scram-sha-256':
    case 'scram-sha-512':
      if (username === undefined || password === undefined) break;
      return Object.freeze({ mechanism, username, password: new Secret(password) });
    case 'oauthbearer': {
      const source = oauthBearerProvider ? () => tokenFrom(oauthBearerProvider) : token && fixedToken(token);
      if (!source) break;
      return Object.freeze({ mechanism, token: source });
    }
    case 'aws':
      if (region === undefined) break;
      return Object.freeze({ mechanism, region, credentials: awsKeys(sasl) });
  }
  throw new Error(`no rule refused settings.kafka.sasl of "${mechanism}" that cannot log in`);
}

function awsKeys({ accessKeyId, secretAccessKey, sessionToken }: SaslSettings): Secret<AwsKeys> | undefined {
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return new Secret({ accessKeyId, secretAccessKey, sessionToken });
}

function fixedToken(token: string): () => Promise<Secret<string>> {
  const secret = new Secret(token);
  return () => Promise.resolve(secret);
}

/** The provider is the user's code: a wrong answer would otherwise reach the broker as the token "undefined". */
async function tokenFrom(provider: OAuthBearerProvider): Promise<Secret<string>> {
  const answer = await answerOf(provider);
  if (typeof answer === 'object' && answer !== null && 'value' in answer) {
    if (typeof answer.value === 'string' && answer.value !== '') return new Secret(answer.value);
  }
  throw new KafkaError(
    'AUTHENTICATION_FAILED',
    'settings.kafka.sasl.oauthBearerProvider gave no token: it must answer { value: "<token>" }',
  );
}

async function answerOf(provider: OAuthBearerProvider): Promise<unknown> {
  try {
    return await provider();
  } catch (failure) {
    throw new KafkaError(
      'CREDENTIALS_UNAVAILABLE',
      `settings.kafka.sasl.oauthBearerProvider failed: ${reasonOf(failure)}`,
      { cause: failure },
    );
  }
}
