import { KafkaError } from '../vocabulary/errors.ts';
import { Secret } from '../vocabulary/secret.ts';
import type { SaslFacts } from './options.ts';
import type { OAuthBearerProvider, ParsedSettings } from './schema.ts';

/** The login of settings that rules.ts has passed; what it would have refused is an error of ours, not the user's. */
export function saslFacts(sasl: ParsedSettings['kafka']['sasl']): SaslFacts | undefined {
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
  }
  throw new Error(`no rule refused settings.kafka.sasl of "${mechanism}" that cannot log in`);
}

function fixedToken(token: string): () => Promise<Secret<string>> {
  const secret = new Secret(token);
  return () => Promise.resolve(secret);
}

/** The provider is the user's code: a wrong answer would otherwise reach the broker as the token "undefined". */
async function tokenFrom(provider: OAuthBearerProvider): Promise<Secret<string>> {
  const answer: unknown = await provider();
  if (typeof answer === 'object' && answer !== null && 'value' in answer) {
    if (typeof answer.value === 'string' && answer.value !== '') return new Secret(answer.value);
  }
  throw new KafkaError(
    'AUTHENTICATION_FAILED',
    'settings.kafka.sasl.oauthBearerProvider gave no token: it must answer { value: "<token>" }',
  );
}
