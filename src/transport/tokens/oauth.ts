import { isBearerToken, isObject, boundedText, jsonIn } from '../../model/foreign.ts';
import { KafkaError, reasonOf, withoutFullStop, type ErrorCode } from '../../model/errors.ts';
import { Secret } from '../../model/secret.ts';
import { serverNameOf } from '../tls/options.ts';
import { perishable, type Bearer, type Grant } from './bearer.ts';
import { keepFresh, type Fresh } from './keep-fresh.ts';

/** Who asks for tokens, and where: the client-credentials flow of OAuth 2 (RFC 6749, 4.4). */
export interface OAuthLogin {
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: Secret<string>;
  readonly tokenEndpointAuthMethod: 'client_secret_basic' | 'client_secret_post';
  readonly scope?: string | undefined;
  readonly audience?: string | undefined;
  /** Further form fields of the request. */
  readonly parameters: Secret<Readonly<Record<string, string>>>;
  readonly extensions?: Readonly<Record<string, string>> | undefined;
}

/** A token endpoint that has not answered by then is taken for one that is down. Milliseconds. */
const timeout = 4_000;

/** Tokens are kilobytes. */
const mostBytes = 1024 * 1024;

/** Of the endpoint's own words, in an error. Characters. */
const longestReason = 500;

/** Statuses of an endpoint in trouble, which may pass; all others are about what it was asked. */
const passing = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/**
 * Tokens of a token endpoint, renewed before they expire.
 * @param setting where the user has written the login, for messages
 */
export function oauthTokens(login: OAuthLogin, setting: string, now: () => number = Date.now): Fresh<Bearer> {
  return keepFresh(async () => {
    // Of before the question: how long the answer took is not known to the issuer.
    const issuedAt = now();
    return perishable(await ask(login, setting, issuedAt), issuedAt);
  }, now);
}

async function ask(login: OAuthLogin, setting: string, issuedAt: number): Promise<Grant> {
  const failed = (code: ErrorCode, what: string): KafkaError => refusal(code, login, setting, what);
  const { extensions = {} } = login;
  let status: number;
  let text: string;
  try {
    const response = await fetch(withoutDot(login.tokenEndpoint), {
      method: 'POST',
      headers: headersOf(login),
      body: new URLSearchParams(fieldsOf(login)),
      // Not followed: the secret is for this address only.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
    status = response.status;
    text = response.body === null ? '' : await boundedText(response.body, mostBytes);
  } catch (failure) {
    throw failed('CREDENTIALS_UNAVAILABLE', `did not answer: ${networkReason(failure)}`);
  }
  const said = jsonIn(text);
  const answer: Readonly<Record<string, unknown>> = isObject(said) ? { ...said } : {};
  if (passing(status)) {
    throw failed('CREDENTIALS_UNAVAILABLE', `answered ${status}${explained(answer)}`);
  }
  if (status !== 200) throw failed('AUTHENTICATION_FAILED', `answered ${status}${explained(answer)}`);
  const { access_token: token, expires_in: seconds } = answer;
  if (typeof token !== 'string' || token === '') {
    throw failed('AUTHENTICATION_FAILED', 'answered without an access_token');
  }
  if (!isBearerToken(token)) {
    const what =
      'answered with an access_token that holds a character which no bearer token has (a line break?)';
    throw failed('AUTHENTICATION_FAILED', what);
  }
  const life = Number(seconds ?? NaN) * 1000;
  return { token: new Secret(token), extensions, expiresAt: life > 0 ? issuedAt + life : undefined };
}

/** fetch asks for a server of the very name, dot and all, and no certificate has it. */
function withoutDot(endpoint: string): URL {
  const url = new URL(endpoint);
  if (url.protocol === 'https:') url.hostname = serverNameOf(url.hostname) ?? url.hostname;
  return url;
}

/** Also in the form where the endpoint wants it there (RFC 6749, 2.3.1): then it is not in a header as well. */
function fieldsOf(login: OAuthLogin): Record<string, string> {
  const { clientId, clientSecret, tokenEndpointAuthMethod, scope, audience, parameters } = login;
  return {
    ...parameters.reveal(),
    grant_type: 'client_credentials',
    ...(scope && { scope }),
    ...(audience && { audience }),
    ...(tokenEndpointAuthMethod === 'client_secret_post' && {
      client_id: clientId,
      client_secret: clientSecret.reveal(),
    }),
  };
}

function headersOf(login: OAuthLogin): Record<string, string> {
  const accept = 'application/json';
  if (login.tokenEndpointAuthMethod === 'client_secret_post') return { accept };
  return { accept, authorization: `Basic ${basicOf(login)}` };
}

function basicOf({ clientId, clientSecret }: OAuthLogin): string {
  return Buffer.from(`${form(clientId)}:${form(clientSecret.reveal())}`).toString('base64');
}

/** As RFC 6749 (2.3.1) wants an id and a secret within Basic. */
function form(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

/** The issuer's own words (RFC 6749, 5.2). */
function explained({ error, error_description: description }: Readonly<Record<string, unknown>>): string {
  if (typeof error !== 'string') return '';
  return ` ${error}${typeof description === 'string' ? ` (${withoutFullStop(description)})` : ''}`;
}

/** `fetch` says "fetch failed", and why in its cause. */
function networkReason(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  if (failure.name === 'TimeoutError') return `no answer within ${timeout} ms`;
  const { cause } = failure;
  return cause instanceof Error && cause.message === '' && 'code' in cause
    ? String(cause.code)
    : reasonOf(cause ?? failure);
}

function refusal(code: ErrorCode, login: OAuthLogin, setting: string, what: string): KafkaError {
  const next =
    code === 'AUTHENTICATION_FAILED'
      ? `Check ${setting}: tokenEndpoint, clientId, clientSecret, tokenEndpointAuthMethod, scope, audience.`
      : `It is asked again; check ${setting}.tokenEndpoint and the network if this lasts.`;
  const { origin, pathname } = new URL(login.tokenEndpoint);
  return new KafkaError(code, `The token endpoint ${origin}${pathname} ${quotable(what, login)}. ${next}`);
}

/** An endpoint that quotes what it was sent would quote the secret; and it may talk without end. */
function quotable(what: string, login: OAuthLogin): string {
  const sent = [login.clientSecret.reveal(), ...Object.values(login.parameters.reveal()).filter(mayBeSecret)];
  const said = [...sent, ...sent.map(form), basicOf(login)].reduce(
    (text, secret) => text.replaceAll(secret, '[secret]'),
    what,
  );
  return said.length > longestReason ? `${said.slice(0, longestReason)}…` : said;
}

/** A form field may hold a secret, such as a signed assertion. A short one is a word of the protocol. */
function mayBeSecret(value: string): boolean {
  return value.length >= 16;
}
