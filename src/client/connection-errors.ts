import { KafkaError, reasonOf } from '../vocabulary/errors.ts';
import {
  authenticationFailed,
  certificateRefused,
  clientClosed,
  speaksNoTls,
  unreachable,
  wantsTls,
} from './messages.ts';
import type { ClientOptions } from './port.ts';

/** What both libraries, Node's sockets and its TLS put on the errors they nest in one another. */
interface Facts {
  readonly code?: unknown;
  readonly apiCode?: unknown;
  readonly name?: unknown;
  readonly type?: unknown;
  readonly closed?: unknown;
}

/**
 * Why no connection came about, out of whatever was thrown. Total: an error that tells nothing is "unreachable".
 * @param brokers The brokers tried, as users wrote them, for the message.
 */
export function connectionError(thrown: unknown, brokers: string, options: ClientOptions): KafkaError {
  if (thrown instanceof KafkaError) return thrown;
  const nested = flatten(thrown);
  const authentication = nested.find(isAuthentication);
  // The wrapper says "SASL authentication failed"; the broker's own sentence is further in.
  if (authentication !== undefined) {
    return authenticationFailed(brokers, options.sasl, flatten(authentication).at(-1));
  }
  const noTls = nested.find(isPlainPort);
  if (noTls !== undefined && options.tls !== undefined) return speaksNoTls(brokers, noTls);
  const tlsWanted = nested.find(isTlsPort);
  if (tlsWanted !== undefined && options.tls === undefined) return wantsTls(brokers, tlsWanted);
  const certificate = nested.find(isCertificate);
  if (certificate !== undefined) return certificateRefused(brokers, certificate);
  if (nested.some((error) => factsOf(error).closed === true)) return clientClosed();
  return unreachable(brokers, nested.find(isSystem) ?? nested.at(-1) ?? thrown);
}

/** Every error within an error, the outermost first: `cause`s, aggregates, and kafkajs's `originalError`. */
export function flatten(thrown: unknown, seen = new Set<unknown>()): unknown[] {
  if (thrown === undefined || thrown === null || seen.has(thrown)) return [];
  seen.add(thrown);
  if (typeof thrown !== 'object') return [thrown];
  const inner: unknown[] =
    'errors' in thrown && Array.isArray(thrown.errors) ? [...(thrown.errors as unknown[])] : [];
  if ('cause' in thrown) inner.push(thrown.cause);
  if ('originalError' in thrown) inner.push(thrown.originalError);
  return [thrown, ...inner.flatMap((error) => flatten(error, seen))];
}

const saslCodes: ReadonlySet<unknown> = new Set([33, 34, 58]);

function isAuthentication(error: unknown): boolean {
  const { code, apiCode, name } = factsOf(error);
  return (
    code === 'PLT_KFK_AUTHENTICATION' || saslCodes.has(apiCode) || name === 'KafkaJSSASLAuthenticationError'
  );
}

/** A plain listener reads the TLS greeting as a length of 369 MB and hangs up. */
function isPlainPort(error: unknown): boolean {
  const { code } = factsOf(error);
  return (
    code === 'ERR_SSL_WRONG_VERSION_NUMBER' ||
    code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG' ||
    /secure TLS connection was established/.test(reasonOf(error))
  );
}

function isTlsPort(error: unknown): boolean {
  return /requires TLS/.test(reasonOf(error));
}

const certificateCodes = /CERT|VERIFY_LEAF_SIGNATURE|CRL|^ERR_SSL_|^ERR_TLS_|^EPROTO$|^ERR_OSSL_/;

function isCertificate(error: unknown): boolean {
  const { code } = factsOf(error);
  return typeof code === 'string' && certificateCodes.test(code);
}

/** An error of the operating system, the plainest reason there is: ECONNREFUSED, ENOTFOUND, ETIMEDOUT. */
function isSystem(error: unknown): boolean {
  const { code } = factsOf(error);
  return typeof code === 'string' && /^E[A-Z]+/.test(code);
}

function factsOf(error: unknown): Facts {
  return typeof error === 'object' && error !== null ? error : {};
}
