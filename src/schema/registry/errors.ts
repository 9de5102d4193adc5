import { KafkaError, reasonOf, type ErrorCode, type ErrorDetail } from '../../model/errors.ts';
import { codeOf, isObject, jsonIn, propertyOf } from '../../model/foreign.ts';
import type { Answer } from './transport.ts';

/** What is wrong with an answer, or with not getting one. Only a retriable fault may pass by itself. */
export interface Fault {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly retriable: boolean;
  /** Of the answer, where there was one. */
  readonly status?: number;
  /** The registry's own number, such as 40401 for "Subject not found". */
  readonly registryCode?: number;
  readonly detail?: ErrorDetail;
  readonly cause?: unknown;
  /** What to do, where that of the code would mislead. Empty: nobody here knows. */
  readonly advice?: Advice;
}

/** @param setting where the user has written how to reach the registry */
type Advice = (setting: string) => string;

const finals: ReadonlyMap<number, ErrorCode> = new Map([
  [401, 'REGISTRY_UNAUTHORIZED'],
  [403, 'REGISTRY_UNAUTHORIZED'],
  [409, 'SCHEMA_INCOMPATIBLE'],
  [422, 'SCHEMA_INVALID'],
]);

/**
 * Undefined for an answer of success.
 * @param url the registry's
 * @param path behind it, as it was asked
 * @param redacted the registry's words without the login: before they are cut, for a piece of a secret is not found any more
 */
export function faultOfAnswer(
  answer: Answer,
  url: string,
  path: string,
  redacted: (text: string) => string,
): Fault | undefined {
  const { status } = answer;
  if (status >= 200 && status < 300) return undefined;
  const moved = movedTo(answer, url, path);
  if (moved !== undefined) {
    const advice: Advice = (setting) =>
      `Redirects are not followed: write that URL into ${partOf(setting, 'url')}.`;
    return {
      code: 'REGISTRY_FAILED',
      reason: `HTTP ${status}: it has moved to ${redacted(moved)}`,
      retriable: false,
      advice,
    };
  }
  const { said, longest, registryCode } = saidIn(answer);
  const message = redacted(said).slice(0, longest);
  const reason = message === '' ? `HTTP ${status}` : `HTTP ${status}: ${message}`;
  if (status >= 500 || status === 408 || status === 429) {
    return {
      code: 'REGISTRY_UNAVAILABLE',
      reason,
      retriable: true,
      status,
      registryCode,
      detail: 'http-status',
    };
  }
  // Of the compatibility, the mode, the subject: neither the schema nor the path is the cause.
  if (status === 422 && registryCode !== undefined && registryCode > 42_202) {
    return { code: 'REGISTRY_FAILED', reason, retriable: false, status, registryCode, advice: () => '' };
  }
  // Without a number of the registry's the path is wrong, not the subject.
  const missing = status === 404 && registryCode !== undefined && registryCode >= 40_400;
  const code = missing ? 'SCHEMA_MISSING' : (finals.get(status) ?? 'REGISTRY_FAILED');
  return { code, reason, retriable: false, status, registryCode, ...(status === 403 && forbidden) };
}

/** The registry knows the user, who lacks a right. */
const forbidden = { detail: 'forbidden' } as const;

/** The URL of a registry that redirects, without the query: a secret may stand in it, or the way back from a login. */
function movedTo({ status, location }: Answer, url: string, path: string): string | undefined {
  if (status < 300 || status >= 400 || location === null) return undefined;
  if (!URL.canParse(location, url + path)) return undefined;
  const { origin, pathname } = new URL(location, url + path);
  const [asked = ''] = path.split('?', 1);
  return origin + (pathname.endsWith(asked) ? pathname.slice(0, -asked.length) : pathname);
}

/** An answer of success whose content is not what the API promises: most often a proxy's page, or a wrong path. */
export function faultOfContent({ text, contentType }: Answer): Fault {
  const what =
    text.trim() === '' ? 'an empty body' : isHtml(text, contentType) ? 'an HTML page' : 'something else';
  const reason = `it answers with ${what} instead of a Schema Registry's JSON`;
  return { code: 'REGISTRY_FAILED', reason, retriable: false };
}

export function faultOfSilence(failure: unknown): Fault {
  const nested = failure instanceof Error && failure.cause !== undefined ? failure.cause : failure;
  const timedOut = failure instanceof Error && failure.name === 'TimeoutError';
  const reason = timedOut ? 'it did not answer in time' : reasonOf(nested) || 'no connection';
  const detail = certificateDetail(nested);
  // The parsers of HTTP keep what they cannot read with their error: the question and its login, where it is sent back.
  const isParser = ['data', 'rawPacket'].some((name) => propertyOf(nested, name) !== undefined);
  const cause = isParser ? undefined : failure;
  const fault = { code: 'REGISTRY_UNAVAILABLE', reason, retriable: true, detail, cause } as const;
  if (detail !== 'certificate-untrusted') return fault;
  const advice: Advice = (setting) =>
    `Give the authority that signed its certificate as ${authorityOf(setting)}.`;
  return { ...fault, advice };
}

/**
 * There is no token to log in with.
 * @param loggedIn whether there was one before: its issuer may give the next one soon, even where it says no
 */
export function faultOfToken(failure: unknown, loggedIn: boolean): Fault {
  const isRefused = failure instanceof KafkaError && failure.code === 'AUTHENTICATION_FAILED';
  const retriable = loggedIn || !isRefused;
  return {
    code: retriable ? 'REGISTRY_UNAVAILABLE' : 'REGISTRY_UNAUTHORIZED',
    reason: `there is no token to log in with. ${reasonOf(failure)}`,
    retriable,
    detail: 'no-token',
    advice: () => '',
    cause: failure,
  };
}

/** By Node's codes of what is wrong with a certificate. */
function certificateDetail(failure: unknown): ErrorDetail | undefined {
  const code = codeOf(failure) ?? '';
  if (/SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|CERT_UNTRUSTED/.test(code)) return 'certificate-untrusted';
  if (code === 'CERT_HAS_EXPIRED') return 'certificate-expired';
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? 'certificate-name' : undefined;
}

const adviceOf: Partial<Record<ErrorCode, Advice>> = {
  REGISTRY_UNAVAILABLE: (setting) => `Check ${partOf(setting, 'url')} and that the registry is up.`,
  REGISTRY_UNAUTHORIZED: (setting) =>
    `Check ${partOf(setting, 'auth')}, and what its user may do with this subject.`,
  REGISTRY_FAILED: (setting) =>
    `Check ${partOf(setting, 'url')}: the path of the API belongs to it (Apicurio: /apis/ccompat/v7).`,
  SCHEMA_INCOMPATIBLE: () =>
    'Change the schema so that it stays compatible with what is registered, or take another subject.',
  SCHEMA_INVALID: () => 'Correct the schema, or its schemaType.',
};

/** An option of a command has no parts. */
const partOf = (setting: string, part: string): string =>
  setting.startsWith('--') ? setting : `${setting}.${part}`;

/** Nor have they certificates. */
const authorityOf = (setting: string): string =>
  setting.startsWith('--') ? 'a file that NODE_EXTRA_CA_CERTS names' : `${setting}.ssl.ca`;

export interface Asked {
  /** What was wanted, such as `register the schema under subject "orders-value"`. */
  readonly what: string;
  readonly url: string;
  readonly setting: string;
}

export function registryError({ what, url, setting }: Asked, fault: Fault): KafkaError {
  const { code, reason, cause, detail, advice = adviceOf[code] } = fault;
  const said = `The Schema Registry at ${url} could not ${what}: ${reason.replace(/\.$/, '')}.`;
  return new KafkaError(code, `${said} ${advice?.(setting) ?? ''}`.trimEnd(), { cause, detail });
}

interface Said {
  readonly said: string;
  /** How much of it is told. Characters. */
  readonly longest: number;
  readonly registryCode?: number | undefined;
}

/** Bodies of failures may be empty, a proxy's page, or text. */
function saidIn({ text, contentType }: Answer): Said {
  const body = jsonIn(text);
  if (isObject(body)) {
    const { message, detail, error_code: registryCode } = body as Record<string, unknown>;
    // Apicurio tells in `detail` what it sums up in `message`.
    const said = [message, detail].find((value) => typeof value === 'string' && value !== '');
    return {
      said: typeof said === 'string' ? said : '',
      longest: 1000,
      registryCode: typeof registryCode === 'number' ? registryCode : undefined,
    };
  }
  return { said: isHtml(text, contentType) ? 'an HTML page' : text.trim(), longest: 200 };
}

function isHtml(text: string, contentType: string): boolean {
  return contentType.includes('text/html') || /^\s*<(!doctype|html)/i.test(text);
}
