import type { ConnectionOptions } from 'node:tls';
import { Secret } from '../model/secret.ts';
import type { Grant } from '../transport/tokens/bearer.ts';
import type { OAuthLogin } from '../transport/tokens/oauth.ts';
import type { Problem } from './problems.ts';
import { oauthLogin } from './oauth.ts';
import { tokenFrom } from './providers.ts';
import { tlsFacts } from './tls.ts';
import type { ParsedValue } from './value-schema.ts';

/** A Schema Registry, as its client takes it. Times in ms. */
export interface RegistryFacts {
  /** The same registry under several names: tried in turn, beginning with the one that answered last. */
  readonly urls: readonly string[];
  readonly auth: RegistryAuth | undefined;
  readonly tls: Secret<ConnectionOptions> | undefined;
  /** For one answer. */
  readonly timeout: number;
  /** Where the user has written all this, such as `settings.value.registry`: for messages. */
  readonly setting: string;
}

export type RegistryAuth =
  | { readonly username: string; readonly password: Secret<string> }
  | (BearerAuth & {
      readonly logicalCluster?: string | undefined;
      readonly identityPoolId?: string | undefined;
    });

type BearerAuth =
  | { readonly token: Secret<string> }
  | { readonly oauth: OAuthLogin }
  | { readonly provide: () => Promise<Grant> };

type DeclaredRegistry = NonNullable<ParsedValue['registry']>;

export function registryFacts({ url, auth, ssl, timeout }: DeclaredRegistry, setting: string): RegistryFacts {
  return Object.freeze({
    urls: Object.freeze([url].flat()),
    auth: authOf(auth, setting),
    tls: ssl && tlsFacts(ssl),
    timeout,
    setting,
  });
}

/** A login that anybody on the way can read, a certificate that is not checked, and certificates without a use. */
export function registryWarnings({ urls, auth, tls, setting: path }: RegistryFacts): Problem[] {
  const warnings: Problem[] = [];
  const login = auth === undefined ? undefined : 'password' in auth ? 'password' : 'token';
  if (login !== undefined && urls.some(inClearText)) {
    const say = `is http: the ${login} crosses the network in clear text; use https`;
    warnings.push({ path: `${path}.url`, say });
  }
  if (auth !== undefined && 'oauth' in auth && inClearText(auth.oauth.tokenEndpoint))
    warnings.push({ path: `${path}.auth.oauth.tokenEndpoint`, say: endpointInClearText });
  if (tls === undefined) return warnings;
  if (!urls.some((url) => new URL(url).protocol === 'https:')) {
    warnings.push({ path: `${path}.ssl`, say: 'has no effect, since url is http: use https, or remove ssl' });
  } else if (tls.reveal().rejectUnauthorized === false) {
    const harm = login === undefined ? 'say what values are written with' : `read the ${login}`;
    const say =
      "is false: the registry's certificate is not checked, so anyone on the way can pose as the registry and " +
      `${harm}; give the authority that signed it as "ca" instead`;
    warnings.push({ path: `${path}.ssl.rejectUnauthorized`, say });
  }
  return warnings;
}

/** The schema has seen to it that there is one of them. */
function authOf(auth: DeclaredRegistry['auth'], setting: string): RegistryAuth | undefined {
  if (auth === undefined) return undefined;
  const { username, password, token, oauth, oauthBearerProvider, ...headers } = auth;
  if (token !== undefined) return { token: new Secret(token), ...headers };
  if (oauth !== undefined) return { oauth: oauthLogin(oauth), ...headers };
  if (oauthBearerProvider !== undefined)
    return {
      provide: () => tokenFrom(oauthBearerProvider, `${setting}.auth.oauthBearerProvider`),
      ...headers,
    };
  if (username === undefined || password === undefined) return undefined;
  return { username, password: new Secret(password) };
}

const local = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Of a token endpoint. */
export const endpointInClearText =
  'is http: clientSecret and tokens cross the network in clear text; use https';

/** Whether others can read what is sent to this URL: without TLS it leaves the machine. */
export function inClearText(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !local.test(hostname);
}
