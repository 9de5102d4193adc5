import { setTimeout as sleep } from 'node:timers/promises';
import type { RegistryFacts } from '../../config/registry-facts.ts';
import { KafkaError } from '../../model/errors.ts';
import { succeeds } from '../../model/foreign.ts';
import type { Secret } from '../../model/secret.ts';
import { providedBearers, type Bearer } from '../../transport/tokens/bearer.ts';
import type { Fresh } from '../../transport/tokens/keep-fresh.ts';
import { oauthTokens } from '../../transport/tokens/oauth.ts';
import { faultOfAnswer, faultOfSilence, faultOfToken, registryError, type Fault } from './errors.ts';
import { plainTransport, tlsTransport, type Answer, type Question, type Transport } from './transport.ts';

/** Everything a registry's client is made from. Times in milliseconds. */
export interface RegistryOptions extends RegistryFacts {
  /** How many times all URLs are gone through again after the first. Default 3. */
  readonly retries?: number;
  /** The pause before the first of these, doubled for each later one. Default 300. */
  readonly initialRetryTime?: number;
  /** Ends what is being asked, when nobody waits for it any more. */
  readonly closing?: AbortSignal;
}

export interface Call {
  readonly method: Question['method'];
  /** From the URL of the registry on, with a slash in front. */
  readonly path: string;
  readonly body?: unknown;
  /** What it is for, after "could not". */
  readonly what: string;
  /** Faults that are an answer to this call. */
  readonly accepts?: ((fault: Fault) => boolean) | undefined;
}

const mediaType = 'application/vnd.schemaregistry.v1+json';
/** A registry that asks for a longer pause than this is not asked again. */
const longestPause = 10_000;

/** Gets an answer out of a registry, if one of its URLs gives one. */
export class RegistryCaller {
  readonly #options: RegistryOptions;
  readonly #transport: Transport;
  /** Undefined where the settings say themselves what is sent. */
  readonly #tokens: Fresh<Bearer> | undefined;
  /** The registry has taken a token: the next one is worth waiting for. */
  #loggedIn = false;
  #urls: readonly string[];

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#transport = options.tls === undefined ? plainTransport : tlsTransport(options.tls.reveal());
    this.#tokens = tokensOf(options);
    this.#urls = options.urls.map((url) => url.replace(/(?<!\/)\/+$/, ''));
  }

  /**
   * @returns undefined for a fault that the call accepts
   * @throws KafkaError with the last fault, when it is final or the retries are used up; REGISTRY_UNAUTHORIZED for a login
   *   that cannot be sent
   */
  async ask(call: Call): Promise<{ answer: Answer; url: string } | undefined> {
    const { retries = 3, initialRetryTime = 300 } = this.#options;
    for (let round = 0; ; round += 1) {
      const tried = await this.#tryLoggedIn(call);
      if ('answer' in tried) return tried;
      const { fault, url, pause } = tried;
      if (call.accepts?.(fault) === true) return undefined;
      if (!fault.retriable || round === retries) throw this.error(call.what, url, fault);
      const backoff = initialRetryTime * 2 ** round * (1 + Math.random() * 0.2);
      await sleep(Math.min(longestPause, Math.max(backoff, pause)));
    }
  }

  error(what: string, url: string, fault: Fault): KafkaError {
    return registryError({ what, url, setting: this.#options.setting }, fault);
  }

  /**
   * With a token where there are any. One that is refused may have been withdrawn before its end: the registry is asked again
   * with another, once.
   */
  async #tryLoggedIn(call: Call): Promise<{ answer: Answer; url: string } | Failure> {
    const tokens = this.#tokens;
    if (tokens === undefined) return this.#tryEach(call, undefined);
    for (let isLast = false; ; isLast = true) {
      let bearer: Bearer;
      try {
        bearer = await tokens();
      } catch (failure) {
        return { fault: faultOfToken(failure, this.#loggedIn), url: this.#urls[0] ?? '', pause: 0 };
      }
      const tried = await this.#tryEach(call, bearer.token);
      const isRefused = 'fault' in tried && tried.fault.status === 401;
      if (!isRefused) this.#loggedIn ||= 'answer' in tried;
      if (!isRefused || isLast || !tokens.forget(bearer)) return tried;
    }
  }

  /** What the first URL says that does not fail in a way which another one may be spared. */
  async #tryEach(
    call: Call,
    token: Secret<string> | undefined,
  ): Promise<{ answer: Answer; url: string } | Failure> {
    const failures: Failure[] = [];
    for (const url of this.#urls) {
      const tried = await this.#try(call, url, token);
      if ('answer' in tried || !tried.fault.retriable) {
        this.#urls = [url, ...this.#urls.filter((other) => other !== url)];
        return tried;
      }
      failures.push(tried);
    }
    const [first] = failures;
    if (first === undefined) throw new Error('a registry needs a URL');
    const reason = failures
      .map(({ url, fault }) => (url === first.url ? '' : `${url}: `) + fault.reason)
      .join('; ');
    const pause = Math.min(...failures.map((failure) => failure.pause));
    const { detail } = failures.find(({ fault }) => fault.detail !== undefined)?.fault ?? first.fault;
    return { ...first, pause, fault: { ...first.fault, reason, detail } };
  }

  async #try(
    { method, path, body }: Call,
    url: string,
    token: Secret<string> | undefined,
  ): Promise<{ answer: Answer; url: string } | Failure> {
    const { timeout, closing } = this.#options;
    const inTime = AbortSignal.timeout(timeout);
    const question: Question = {
      method,
      url: url + path,
      headers: this.#headers(body !== undefined, token),
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: closing === undefined ? inTime : AbortSignal.any([inTime, closing]),
    };
    try {
      const answer = await this.#transport(question);
      const fault = faultOfAnswer(answer, url, path, (text) => this.#redacted(text, question.headers));
      return fault === undefined ? { answer, url } : { fault, url, pause: pauseOf(answer) };
    } catch (failure) {
      return { fault: faultOfSilence(failure), url, pause: 0 };
    }
  }

  /** Who quotes what it was sent would quote the login, as it is or as JSON writes it. */
  #redacted(quoted: string, { authorization = '' }: Question['headers']): string {
    const { auth } = this.#options;
    const secrets = [authorization.split(' ')[1] ?? ''];
    if (auth !== undefined && 'password' in auth) secrets.push(auth.password.reveal());
    return secrets
      .flatMap((secret) => [JSON.stringify(secret).slice(1, -1), secret])
      .filter((secret) => secret !== '')
      .reduce((text, secret) => text.replaceAll(secret, '[secret]'), quoted);
  }

  #headers(hasBody: boolean, token: Secret<string> | undefined): Record<string, string> {
    const headers = {
      accept: `${mediaType}, application/json`,
      // Confluent Cloud leaves out GUIDs otherwise.
      'confluent-accept-unknown-properties': 'true',
      ...(hasBody && { 'content-type': mediaType }),
      ...loginHeaders(this.#options.auth, token),
    };
    if (canBeSent(headers)) return headers;
    throw new KafkaError(
      'REGISTRY_UNAUTHORIZED',
      `${this.#options.setting}.auth holds a character that no header takes (a line break?): correct it.`,
    );
  }
}

interface Failure {
  readonly fault: Fault;
  readonly url: string;
  readonly pause: number;
}

/** Asked before `fetch` is, which quotes the header that it refuses, and with it the token. */
function canBeSent(headers: Readonly<Record<string, string>>): boolean {
  return succeeds(() => new Headers(headers));
}

function tokensOf({ auth, setting }: RegistryOptions): Fresh<Bearer> | undefined {
  if (auth === undefined) return undefined;
  if ('oauth' in auth) return oauthTokens(auth.oauth, `${setting}.auth.oauth`);
  if ('provide' in auth) return providedBearers(auth.provide);
  return undefined;
}

/** @param fetched undefined where the settings have the login */
function loginHeaders(
  auth: RegistryOptions['auth'],
  fetched: Secret<string> | undefined,
): Record<string, string> {
  if (auth === undefined) return {};
  if ('password' in auth) return { authorization: basic(auth) };
  const { logicalCluster, identityPoolId } = auth;
  const token = 'token' in auth ? auth.token : fetched;
  return {
    ...(token && { authorization: `Bearer ${token.reveal()}` }),
    ...(logicalCluster && { 'target-sr-cluster': logicalCluster }),
    ...(identityPoolId && { 'confluent-identity-pool-id': identityPoolId }),
  };
}

function basic({ username, password }: { username: string; password: Secret<string> }): string {
  return `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`;
}

function pauseOf({ retryAfter }: Answer): number {
  const seconds = Number(retryAfter ?? 0);
  return Number.isFinite(seconds) ? seconds * 1000 : 0;
}
