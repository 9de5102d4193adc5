import { Secret } from '../model/secret.ts';
import type { AwsKeys } from '../transport/port.ts';
import { oauthLogin } from './oauth.ts';
import type { SaslFacts } from './options.ts';
import { credentialsFrom, tokenFrom } from './providers.ts';
import type { ParsedSettings } from './schema.ts';

type SaslSettings = NonNullable<ParsedSettings['kafka']['sasl']>;

/**
 * The login of settings that the rules have passed; what they would have refused is an error of ours, not the user's.
 * @param region what `regionOf` found, for `aws`
 */
export function saslFacts(sasl: SaslSettings | undefined, region?: string): SaslFacts | undefined {
  if (sasl === undefined) return undefined;
  const facts = factsOf(sasl, region);
  if (facts === undefined) {
    throw new Error(`no rule refused settings.kafka.sasl of "${sasl.mechanism}" that cannot log in`);
  }
  return Object.freeze(facts);
}

function factsOf(sasl: SaslSettings, region: string | undefined): SaslFacts | undefined {
  const { mechanism } = sasl;
  switch (mechanism) {
    case 'plain':
    case 'scram-sha-256':
    case 'scram-sha-512': {
      const { username, password, credentials } = sasl;
      if (credentials !== undefined) return { mechanism, credentials: () => credentialsFrom(credentials) };
      if (username === undefined || password === undefined) return undefined;
      return { mechanism, username, password: new Secret(password) };
    }
    case 'oauthbearer': {
      const { token, oauth, oauthBearerProvider } = sasl;
      if (oauthBearerProvider !== undefined) {
        return {
          mechanism,
          provide: () => tokenFrom(oauthBearerProvider, 'settings.kafka.sasl.oauthBearerProvider'),
        };
      }
      if (oauth !== undefined) return { mechanism, oauth: oauthLogin(oauth) };
      return token === undefined ? undefined : { mechanism, token: new Secret(token) };
    }
    case 'aws': {
      const { authorizationIdentity } = sasl;
      const keys = awsKeys(sasl);
      if (authorizationIdentity !== undefined) return keys && { mechanism, authorizationIdentity, keys };
      return region === undefined ? undefined : { mechanism, region, signer: keys };
    }
  }
}

function awsKeys({ accessKeyId, secretAccessKey, sessionToken }: SaslSettings): Secret<AwsKeys> | undefined {
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return new Secret({ accessKeyId, secretAccessKey, sessionToken });
}
