import { Secret } from '../model/secret.ts';
import type { AwsKeys, Sasl } from '../transport/port.ts';
import { renewedCredentials } from '../transport/security/login.ts';
import { mskIamTokens } from '../transport/security/msk-iam.ts';
import { fixedBearer, providedBearers } from '../transport/tokens/bearer.ts';
import { oauthTokens } from '../transport/tokens/oauth.ts';
import { oauthLogin } from './oauth.ts';
import { credentialsFrom, tokenFrom } from './providers.ts';
import type { ParsedSettings } from './schema.ts';

type SaslSettings = NonNullable<ParsedSettings['kafka']['sasl']>;

/**
 * The login of settings that the rules have passed; what they would have refused is an error of ours, not the user's. Tokens and
 * credentials are fetched when they are first needed; their source is made once, so that all connections share one token.
 * @param region what `regionOf` found, for `aws`
 */
export function saslOf(sasl: SaslSettings | undefined, region?: string): Sasl | undefined {
  if (sasl === undefined) return undefined;
  const login = loginOf(sasl, region);
  if (login === undefined) {
    throw new Error(`no rule refused settings.kafka.sasl of "${sasl.mechanism}" that cannot log in`);
  }
  return Object.freeze(login);
}

function loginOf(sasl: SaslSettings, region: string | undefined): Sasl | undefined {
  const { mechanism } = sasl;
  switch (mechanism) {
    case 'plain':
    case 'scram-sha-256':
    case 'scram-sha-512': {
      const { username, password, credentials } = sasl;
      if (credentials !== undefined) {
        return { mechanism, credentials: renewedCredentials(() => credentialsFrom(credentials)) };
      }
      if (username === undefined || password === undefined) return undefined;
      return { mechanism, username, password: new Secret(password) };
    }
    case 'oauthbearer': {
      const { token, oauth, oauthBearerProvider } = sasl;
      if (oauthBearerProvider !== undefined) {
        const name = 'settings.kafka.sasl.oauthBearerProvider';
        const bearer = providedBearers(() => tokenFrom(oauthBearerProvider, name));
        return { mechanism, bearer, renewable: true };
      }
      if (oauth !== undefined) {
        const bearer = oauthTokens(oauthLogin(oauth), 'settings.kafka.sasl.oauth');
        return { mechanism, bearer, renewable: true };
      }
      if (token === undefined) return undefined;
      return { mechanism, bearer: fixedBearer(new Secret(token)), renewable: false };
    }
    case 'aws': {
      const { authorizationIdentity } = sasl;
      const keys = awsKeys(sasl);
      if (authorizationIdentity !== undefined) return keys && { mechanism, authorizationIdentity, keys };
      if (region === undefined) return undefined;
      return { mechanism, bearer: mskIamTokens({ region, signer: keys }), renewable: true };
    }
  }
}

function awsKeys({ accessKeyId, secretAccessKey, sessionToken }: SaslSettings): Secret<AwsKeys> | undefined {
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return new Secret({ accessKeyId, secretAccessKey, sessionToken });
}
