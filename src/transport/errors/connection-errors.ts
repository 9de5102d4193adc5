import { KafkaError, reasonOf } from '../../model/errors.ts';
import {
  authenticationFailed,
  certificateRefused,
  loginExpired,
  speaksNoTls,
  takesNoLogin,
  unreachable,
  unsupportedVersion,
  wantsTls,
} from './messages.ts';
import { isRetriable } from './broker-errors.ts';
import type { ClientOptions } from '../port.ts';
import { isRenewable } from '../security/login.ts';
import { codeOf, flatten, propertyOf } from '../../model/foreign.ts';
import { kafkaErrorNames, kafkaErrors } from '../../protocol/kafka-errors.ts';
import { UnsupportedVersion } from '../../protocol/api-versions.ts';

/**
 * Why no connection came about, out of whatever was thrown. Total: an error that tells nothing is "unreachable".
 * @param brokers The brokers tried, as users wrote them, for the message.
 * @param reachedBefore Whether these settings have ever reached the cluster: then they are right, and it is away.
 */
export function connectionError(
  thrown: unknown,
  brokers: string,
  options: ClientOptions,
  reachedBefore = false,
): KafkaError {
  const nested = flatten(thrown);
  // Also a source of tokens that failed inside the library that asked it.
  const own = nested.find((error) => error instanceof KafkaError);
  if (own !== undefined) return own;
  const version = nested.find((error) => error instanceof UnsupportedVersion);
  if (version !== undefined) return unsupportedVersion(brokers, version);
  const noTls = nested.find((error) => isPlainPort(error) || (!reachedBefore && hungUpOnGreeting(error)));
  if (noTls !== undefined && options.tls !== undefined) return speaksNoTls(brokers, noTls);
  const tlsWanted = nested.find(isTlsPort);
  if (tlsWanted !== undefined && options.tls === undefined) return wantsTls(brokers, tlsWanted);
  const certificate = nested.find(isCertificate);
  if (certificate !== undefined) return certificateRefused(brokers, certificate, String(codeOf(certificate)));
  const authentication = nested.find(isAuthentication);
  if (authentication !== undefined) {
    // A listener without SASL says so to a login. Within a session it is a second login that the broker did not expect.
    if (brokerCode(authentication) === kafkaErrors.ILLEGAL_SASL_STATE && !reachedBefore)
      return takesNoLogin(brokers, authentication);
    const refused = reachedBefore && isRenewable(options.sasl) ? loginExpired : authenticationFailed;
    return refused(brokers, options.sasl, deepest(authentication));
  }
  const plainest =
    nested.find((error) => / not Kafka$/.test(reasonOf(error))) ??
    nested.find(isSystem) ??
    nested.find(isTimeout) ??
    deepest(thrown) ??
    thrown;
  return unreachable(brokers, plainest, reachedBefore);
}

/** Kafka's error code within an error, where a broker sent one. */
export function brokerCode(thrown: unknown): number | undefined {
  return flatten(thrown)
    .map(codeSent)
    .find((code) => code !== undefined);
}

/** On the error itself: each library has its own place for it. */
function codeSent(error: unknown): number | undefined {
  const ofKafkajs = propertyOf(error, 'name') === 'KafkaJSProtocolError';
  const code = propertyOf(error, 'apiCode') ?? (ofKafkajs ? propertyOf(error, 'code') : undefined);
  return typeof code === 'number' ? code : undefined;
}

const unknownCode = 'it answered with an error code that this client does not know';

/** Both libraries fail at a code that is younger than their lists: kafkajs makes one up, the other one stumbles. */
function isUnknownCode(error: unknown): boolean {
  if (error instanceof TypeError) return /protocolErrors/.test(error.message);
  return /Unknown error code -?\d/.test(reasonOf(error));
}

/** The broker's own sentence, where it sent one; the wrappers around it say only that something failed. */
function deepest(error: unknown): unknown {
  const nested = flatten(error);
  const said = nested
    .map((inner) => propertyOf(inner, 'serverErrorMessage'))
    .find((message) => typeof message === 'string');
  if (nested.some(isUnknownCode)) return new Error(unknownCode, { cause: error });
  const code = brokerCode(error);
  const name = code === undefined || saslCodes.has(code) ? undefined : kafkaErrorNames.get(code);
  if (name !== undefined) {
    return new Error(said === undefined ? name : `${name} (${said})`, { cause: error });
  }
  return said === undefined ? nested.at(-1) : new Error(said, { cause: error });
}

const saslCodes: ReadonlySet<unknown> = new Set([
  kafkaErrors.UNSUPPORTED_SASL_MECHANISM,
  kafkaErrors.ILLEGAL_SASL_STATE,
  kafkaErrors.SASL_AUTHENTICATION_FAILED,
]);

/** A broker that goes away during the login has refused nobody, though both libraries call it so. */
function isAuthentication(error: unknown): boolean {
  // The broker is in trouble, and has refused nobody.
  if (isRetriable(brokerCode(error) ?? kafkaErrors.NONE)) return false;
  if (codeOf(error) === 'PLT_KFK_AUTHENTICATION') return !flatten(error).some(isInterruption);
  if (propertyOf(error, 'name') === 'KafkaJSSASLAuthenticationError')
    return !interrupted.test(reasonOf(error));
  return saslCodes.has(codeSent(error));
}

function isInterruption(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'PLT_KFK_NETWORK' || code === 'PLT_KFK_TIMEOUT';
}

/** kafkajs keeps only the text of what interrupted it. */
const interrupted = /failed: (Connection |Closed connection|Not connected|Request .{1,200}? timed out)/;

function isPlainPort(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG';
}

/**
 * A plain listener reads the TLS greeting as a length of 369 MB and hangs up. So does a TLS listener that is being shut
 * down, or a proxy with no broker behind it: taken for a wrong setting, that would refuse events which only have to wait.
 */
function hungUpOnGreeting(error: unknown): boolean {
  return /secure TLS connection was established/.test(reasonOf(error));
}

function isTlsPort(error: unknown): boolean {
  return /requires TLS/.test(reasonOf(error));
}

const certificateCodes = /CERT|VERIFY_LEAF_SIGNATURE|CRL|^ERR_SSL_|^ERR_TLS_|^EPROTO$|^ERR_OSSL_/;

function isCertificate(error: unknown): boolean {
  return certificateCodes.test(codeOf(error) ?? '');
}

/** An error of the operating system, the plainest reason there is: ECONNREFUSED, ENOTFOUND, ETIMEDOUT. */
function isSystem(error: unknown): boolean {
  return /^E[A-Z]+/.test(codeOf(error) ?? '');
}

/** After it both libraries close the connection themselves, and say so in what comes of that. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && /timed out/i.test(error.message);
}
