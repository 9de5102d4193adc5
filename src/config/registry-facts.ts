import type { ConnectionOptions } from 'node:tls';
import { Secret } from '../model/secret.ts';
import type { Problem } from './problems.ts';
import { tlsFacts } from './tls.ts';
import type { ParsedValue } from './value-schema.ts';

/** A Schema Registry, as its client takes it. Times in ms. */
export interface RegistryFacts {
  /** The same registry under several names: tried in turn, beginning with the one that answered last. */
  readonly urls: readonly string[];
  readonly auth:
    | { readonly username: string; readonly password: Secret<string> }
    | { readonly token: Secret<string> }
    | undefined;
  readonly tls: Secret<ConnectionOptions> | undefined;
  /** For one answer. */
  readonly timeout: number;
}

type DeclaredRegistry = NonNullable<ParsedValue['registry']>;

export function registryFacts({ url, auth, ssl, timeout }: DeclaredRegistry): RegistryFacts {
  return Object.freeze({
    urls: Object.freeze([url].flat()),
    auth: authOf(auth),
    tls: ssl && tlsFacts(ssl),
    timeout,
  });
}

/**
 * A login that anybody on the way can read, a certificate that is not checked, and certificates without a use.
 * @param path where the registry stands, such as `settings.value.registry`
 */
export function registryWarnings({ urls, auth, tls }: RegistryFacts, path: string): Problem[] {
  const warnings: Problem[] = [];
  const login = auth === undefined ? undefined : 'token' in auth ? 'token' : 'password';
  if (login !== undefined && urls.some(inClearText)) {
    const say = `is http: the ${login} crosses the network in clear text; use https`;
    warnings.push({ path: `${path}.url`, say });
  }
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

/** The schema has seen to it that it is one or the other. */
function authOf(auth: DeclaredRegistry['auth']): RegistryFacts['auth'] {
  if (auth?.token !== undefined) return { token: new Secret(auth.token) };
  if (auth?.username === undefined || auth.password === undefined) return undefined;
  return { username: auth.username, password: new Secret(auth.password) };
}

const local = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Whether others can read what is sent to this URL: without TLS it leaves the machine. */
export function inClearText(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !local.test(hostname);
}
