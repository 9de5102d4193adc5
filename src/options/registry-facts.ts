import type { ConnectionOptions } from 'node:tls';
import { Secret } from '../vocabulary/secret.ts';
import { inClearText } from './clear-text.ts';
import type { Problem } from './problems.ts';

/** A Schema Registry, as its client takes it. Times in ms. */
export interface RegistryFacts {
  readonly urls: readonly string[];
  readonly auth: RegistryAuth | undefined;
  readonly tls: Secret<ConnectionOptions> | undefined;
  readonly timeout: number;
}

export type RegistryAuth =
  { readonly username: string; readonly password: Secret<string> } | { readonly token: Secret<string> };

/** As the schema of both settings leaves it. */
export interface DeclaredRegistry {
  readonly url: string | readonly string[];
  readonly auth?:
    | {
        readonly username?: string | undefined;
        readonly password?: string | undefined;
        readonly token?: string | undefined;
      }
    | undefined;
  readonly ssl?: ConnectionOptions | undefined;
  readonly timeout: number;
}

export function registryFacts({ url, auth, ssl, timeout }: DeclaredRegistry): RegistryFacts {
  return Object.freeze({
    urls: Object.freeze([url].flat()),
    auth: authOf(auth),
    tls: ssl && new Secret({ ...ssl }),
    timeout,
  });
}

/**
 * A login that anybody on the way can read.
 * @param path where the registry stands, such as `settings.value.registry`
 */
export function openLogin({ urls, auth }: RegistryFacts, path: string): Problem[] {
  if (auth === undefined || !urls.some(inClearText)) return [];
  const what = 'token' in auth ? 'token' : 'password';
  return [{ path: `${path}.url`, say: `is http: the ${what} crosses the network in clear text; use https` }];
}

/** The schema has seen to it that it is one or the other. */
function authOf(auth: DeclaredRegistry['auth']): RegistryAuth | undefined {
  if (auth?.token !== undefined) return { token: new Secret(auth.token) };
  if (auth?.username === undefined || auth.password === undefined) return undefined;
  return { username: auth.username, password: new Secret(auth.password) };
}
