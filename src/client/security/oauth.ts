import { KafkaError, reasonOf, type ErrorCode } from '../../vocabulary/errors.ts';
import { Secret } from '../../vocabulary/secret.ts';
import { perishable, type BearerSource, type Grant } from './bearer.ts';
import { keepFresh } from './keep-fresh.ts';

/** Who asks for tokens, and where: the client-credentials flow of OAuth 2 (RFC 6749, 4.4). */
export interface OAuthLogin {
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: Secret<string>;
  readonly scope?: string | undefined;
  readonly extensions: Readonly<Record<string, string>>;
}

/** A token endpoint that has not answered by then is taken for one that is down. Milliseconds. */
const timeout = 4_000;

/** Statuses of an endpoint in trouble, which may pass; all others are about what it was asked. */
const passing = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** Tokens of a token endpoint, renewed before they expire. */
export function oauthTokens(login: OAuthLogin, now: () => number = Date.now): BearerSource {
  return keepFresh(async () => {
    // Of before the question: how long the answer took is not known to the issuer.
    const issuedAt = now();
    return perishable(await ask(login, issuedAt), issuedAt);
  }, now);
}

async function ask(login: OAuthLogin, issuedAt: number): Promise<Grant> {
  const { scope, extensions } = login;
  let status: number;
  let text: string;
  try {
    const response = await fetch(login.tokenEndpoint, {
      method: 'POST',
      headers: {
        authorization: `Basic ${basicOf(login)}`,
        accept: 'application/json',
      },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope && { scope }) }),
      // Not followed: the secret is for this address only.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
    status = response.status;
    text = await response.text();
  } catch (failure) {
    throw failed('CREDENTIALS_UNAVAILABLE', login, `did not answer: ${networkReason(failure)}`);
  }
  const answer = parsed(text);
  if (passing(status)) {
    throw failed('CREDENTIALS_UNAVAILABLE', login, `answered ${status}${explained(answer)}`);
  }
  if (status !== 200) throw failed('AUTHENTICATION_FAILED', login, `answered ${status}${explained(answer)}`);
  const { access_token: token, expires_in: seconds } = answer;
  if (typeof token !== 'string' || token === '') {
    throw failed('AUTHENTICATION_FAILED', login, 'answered without an access_token');
  }
  const life = Number(seconds ?? NaN) * 1000;
  return { token: new Secret(token), extensions, expiresAt: life > 0 ? issuedAt + life : undefined };
}

function basicOf({ clientId, clientSecret }: OAuthLogin): string {
  return Buffer.from(`${form(clientId)}:${form(clientSecret.reveal())}`).toString('base64');
}

/** As RFC 6749 (2.3.1) wants an id and a secret within Basic. */
function form(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null ? { ...answer } : {};
  } catch {
    return {};
  }
}

/** The issuer's own words (RFC 6749, 5.2). */
function explained({ error, error_description: description }: Readonly<Record<string, unknown>>): string {
  if (typeof error !== 'string') return '';
  return ` ${error}${typeof description === 'string' ? ` (${description.replace(/[.\s]+$/, '')})` : ''}`;
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

function failed(code: ErrorCode, login: OAuthLogin, what: string): KafkaError {
  const next =
    code === 'AUTHENTICATION_FAILED'
      ? 'Check settings.kafka.sasl.oauth: tokenEndpoint, clientId, clientSecret, scope.'
      : 'It is asked again; check settings.kafka.sasl.oauth.tokenEndpoint and the network if this lasts.';
  const { origin, pathname } = new URL(login.tokenEndpoint);
  // An issuer that quotes what it was sent would quote the secret.
  const clientSecret = login.clientSecret.reveal();
  const said = [clientSecret, form(clientSecret), basicOf(login)].reduce(
    (text, secret) => text.replaceAll(secret, '[secret]'),
    what,
  );
  return new KafkaError(code, `The token endpoint ${origin}${pathname} ${said}. ${next}`);
}
