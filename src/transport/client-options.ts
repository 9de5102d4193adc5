import { fixedBearer, providedBearers, type BearerSource } from './security/bearer.ts';
import { renewedCredentials } from './security/login.ts';
import { mskIamTokens } from './security/msk-iam.ts';
import { oauthTokens } from './security/oauth.ts';
import type { ClientOptions, Sasl } from './port.ts';
import type { Options } from '../config/resolve.ts';

/** The settings as the client port takes them. The source of tokens is made once: all connections share one token. */
export function clientOptions(connection: Options['connection']): ClientOptions {
  return { ...connection, sasl: saslOf(connection.sasl) };
}

function saslOf(sasl: Options['connection']['sasl']): Sasl | undefined {
  if (sasl === undefined || 'keys' in sasl || 'password' in sasl) return sasl;
  if ('credentials' in sasl) {
    return { mechanism: sasl.mechanism, credentials: renewedCredentials(sasl.credentials) };
  }
  if ('token' in sasl) return { mechanism: 'oauthbearer', bearer: fixedBearer(sasl.token), renewable: false };
  return { mechanism: sasl.mechanism, bearer: renewedBearer(sasl), renewable: true };
}

type Renewed = Extract<
  Options['connection']['sasl'],
  { region: string } | { oauth: unknown } | { provide: unknown }
>;

function renewedBearer(sasl: Renewed): BearerSource {
  if ('region' in sasl) return mskIamTokens(sasl);
  return 'oauth' in sasl ? oauthTokens(sasl.oauth) : providedBearers(sasl.provide);
}
