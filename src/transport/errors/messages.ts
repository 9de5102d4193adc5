import {
  KafkaError,
  reasonOf,
  withoutFullStop,
  withoutOpenssl,
  type ErrorDetail,
} from '../../model/errors.ts';
import { codeOf } from '../../model/foreign.ts';
import type { Sasl } from '../port.ts';
import type { UnsupportedVersion } from '../../protocol/api-versions.ts';

/**
 * The sentences that both adapters and the in-memory cluster share: what happened, to which topic or broker, what to do next.
 * Those that quote a code are in `broker-errors.ts`.
 */

export function topicMissing(topic: string, cause?: unknown): KafkaError {
  return new KafkaError(
    'TOPIC_MISSING',
    `Topic "${topic}" does not exist. Create it with "walkeros setup destination.<id>" (config.setup: numPartitions and ` +
      'replicationFactor), or set allowAutoTopicCreation in settings.kafka.',
    { topic, kafkaCode: 'UNKNOWN_TOPIC_OR_PARTITION', cause },
  );
}

export function topicInvalid(topic: string, detail?: string | null, cause?: unknown): KafkaError {
  return new KafkaError(
    'TOPIC_INVALID',
    `"${topic}" is not a topic one can write to${detail ? ` (${detail})` : ''}. ` +
      'A name has 1 to 249 of the characters a-z, A-Z, 0-9, ".", "_" and "-".',
    { topic, kafkaCode: 'INVALID_TOPIC_EXCEPTION', cause },
  );
}

/** The broker's answer to records. */
export function topicUnauthorised(topic: string, cause?: unknown): KafkaError {
  return new KafkaError(
    'NOT_AUTHORIZED',
    `Topic "${topic}": the broker does not let this user write to it (TOPIC_AUTHORIZATION_FAILED). ` +
      `Grant the ACL operation WRITE on topic "${topic}".`,
    { topic, kafkaCode: 'TOPIC_AUTHORIZATION_FAILED', cause },
  );
}

/** The broker's answer to a question about a topic, which is the same where there is none. */
export function topicHidden(topic: string, autoCreate: boolean, cause?: unknown): KafkaError {
  const create = autoCreate
    ? ', and CREATE where allowAutoTopicCreation is to make it'
    : ', and see that it exists';
  return new KafkaError(
    'NOT_AUTHORIZED',
    `Topic "${topic}": the broker does not show it to this user (TOPIC_AUTHORIZATION_FAILED). ` +
      `Grant the ACL operation WRITE on topic "${topic}", which includes DESCRIBE${create}.`,
    { topic, kafkaCode: 'TOPIC_AUTHORIZATION_FAILED', cause },
  );
}

/** The broker's answer to the wish for a producer id. */
export function idempotenceUnauthorised(topic: string, cause?: unknown): KafkaError {
  return new KafkaError(
    'NOT_AUTHORIZED',
    `Topic "${topic}": the broker does not let this user be an idempotent producer (CLUSTER_AUTHORIZATION_FAILED). ` +
      'Grant the ACL operation IDEMPOTENT_WRITE on the cluster, or since Kafka 2.8 WRITE on any topic; or remove ' +
      'settings.kafka.idempotent.',
    { topic, kafkaCode: 'CLUSTER_AUTHORIZATION_FAILED', cause },
  );
}

/** The broker answers, so that neither the network nor the addresses are the cause. */
export function unsupportedVersion(brokers: string, cause: UnsupportedVersion): KafkaError {
  return new KafkaError('UNSUPPORTED_VERSION', `The broker at ${brokers} ${cause.message}. ${cause.remedy}`, {
    kafkaCode: 'UNSUPPORTED_VERSION',
    cause,
  });
}

/** @param reachedBefore these settings have reached the cluster: they are not what is wrong */
export function unreachable(brokers: string, cause: unknown, reachedBefore = false): KafkaError {
  // The code is all that kafkajs keeps of a host with several addresses, whose error has no words of its own.
  const reason = quotable(reasonOf(cause)) || (codeOf(cause) ?? 'no reason given');
  const [advice, detail] = nextStep(reason, reachedBefore);
  return new KafkaError('BROKER_UNREACHABLE', `Cannot reach Kafka at ${brokers}: ${reason}. ${advice}`, {
    cause,
    detail: /timed out/i.test(reason) ? 'no-answer' : detail,
  });
}

function nextStep(reason: string, reachedBefore: boolean): [advice: string, detail?: ErrorDetail] {
  if (/ not Kafka$/.test(reason)) return ['Check the hosts and ports in settings.kafka.brokers.'];
  if (/ENOTFOUND|EAI_AGAIN/.test(reason))
    return ['The host name is unknown: check settings.kafka.brokers and DNS.'];
  if (/Request .{0,200}?timed out/.test(reason) && !reachedBefore)
    return ['It accepts connections and does not answer: a frozen broker, or no Kafka.'];
  if (/clos|hang up|ECONNRESET/i.test(reason) && !reachedBefore) {
    return [
      'It hangs up on us: the port may want TLS (settings.kafka.ssl) or credentials (settings.kafka.sasl).',
      'hung-up',
    ];
  }
  return ['Check settings.kafka.brokers and the network.'];
}

export function wrongCluster(broker: string, id: string, known: string): KafkaError {
  return new KafkaError(
    'WRONG_CLUSTER',
    `The broker at ${broker} belongs to cluster "${id}", and not to "${known}", which this process works with: it gets no ` +
      'records. If the move is meant, restart; otherwise give the address back to its cluster, or change ' +
      'settings.kafka.brokers.',
  );
}

export function speaksNoTls(brokers: string, cause: unknown): KafkaError {
  return new KafkaError(
    'TLS_FAILED',
    `The broker at ${brokers} does not speak TLS on this port: remove settings.kafka.ssl or use the TLS port.`,
    { cause },
  );
}

export function wantsTls(brokers: string, cause: unknown): KafkaError {
  return new KafkaError(
    'TLS_FAILED',
    `The broker at ${brokers} wants TLS on this port: set settings.kafka.ssl or use the plain port.`,
    { cause, detail: 'wants-tls' },
  );
}

export function certificateRefused(brokers: string, cause: unknown, code = ''): KafkaError {
  const [, advice] = advices.find(([codes]) => codes.test(code)) ?? [];
  const reason = quotable(reasonOf(cause));
  return new KafkaError(
    'TLS_FAILED',
    `TLS to ${brokers} failed: ${reason}. ${advice ?? 'Check the certificates of settings.kafka.ssl.'}`,
    { cause, detail: /alert/.test(reason) ? 'tls-alert' : undefined },
  );
}

/** Node's codes, and what is to be changed: the settings, the broker's certificate, or the broker's mind. */
const advices: readonly (readonly [codes: RegExp, advice: string])[] = [
  [
    /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    "The destination refuses the broker's certificate, or that of an authority in its chain: renew it where it stands (the " +
      "broker, settings.kafka.ssl.ca), or set this machine's clock.",
  ],
  [
    /ALTNAME/,
    "The destination refuses the broker's certificate, which is for other names: use one of them in " +
      'settings.kafka.brokers, or set settings.kafka.ssl.servername.',
  ],
  [
    /SELF_SIGNED|UNABLE_TO|CERT_SIGNATURE|CERT_UNTRUSTED/,
    "The destination refuses the broker's certificate: give the authority that signed it as settings.kafka.ssl.ca.",
  ],
  [
    /PROTOCOL|VERSION|HANDSHAKE_FAILURE|NO_SHARED_CIPHER/,
    'Broker and destination have no version or cipher of TLS in common: check settings.kafka.ssl.minVersion, ' +
      "maxVersion and ciphers, and the broker's ssl.enabled.protocols.",
  ],
  [
    /ALERT/,
    "The broker refuses the client's certificate, or misses one: check settings.kafka.ssl.cert and key, their " +
      'expiry, and the authorities that the broker trusts.',
  ],
];

export function authenticationFailed(brokers: string, sasl: Sasl | undefined, cause: unknown): KafkaError {
  const reason = quotable(reasonOf(cause));
  const otherMechanism = /mechanism/i.test(reason) && !/invalid credentials/i.test(reason);
  return new KafkaError(
    'AUTHENTICATION_FAILED',
    `Kafka at ${brokers} refused to authenticate ${loginText(sasl)}: ${reason}. Check settings.kafka.sasl.`,
    { cause, detail: otherMechanism ? 'mechanism' : undefined },
  );
}

/** No password was looked at: none was sent. */
export function takesNoLogin(brokers: string, cause: unknown): KafkaError {
  return new KafkaError(
    'AUTHENTICATION_FAILED',
    `Kafka at ${brokers} takes no login on this port (ILLEGAL_SASL_STATE): take its SASL port in ` +
      'settings.kafka.brokers, or remove settings.kafka.sasl.',
    { cause, detail: 'takes-no-login' },
  );
}

/** Not for good: the next login asks for other credentials. */
export function loginExpired(brokers: string, sasl: Sasl | undefined, cause: unknown): KafkaError {
  return new KafkaError(
    'LOGIN_EXPIRED',
    `Kafka at ${brokers} refuses to authenticate ${loginText(sasl)}, which it did before: ${quotable(reasonOf(cause))}. ` +
      'It is tried again with new credentials; check where settings.kafka.sasl gets them if this lasts.',
    { cause },
  );
}

function loginText(sasl: Sasl | undefined): string {
  if (sasl === undefined) return 'without SASL';
  return `with ${sasl.mechanism}${'username' in sasl ? ` as "${sasl.username}"` : ''}`;
}

export function requestUnanswered(broker: string, cause: unknown): KafkaError {
  return new KafkaError(
    'REQUEST_FAILED',
    `The broker ${broker} did not answer a produce request (${quotable(reasonOf(cause))}): its records may be stored or not.`,
    { mayHaveBeenWritten: true, cause },
  );
}

export function clientClosed(): KafkaError {
  return new KafkaError('DESTINATION_CLOSED', 'The Kafka client is closed.');
}

/** A quoted reason without the prefixes of kafkajs and OpenSSL and without its own full stop, so that it fits into our sentence. */
function quotable(reason: string): string {
  const plain = reason.replace(/^Connection error: |^SASL [\w ]+ authentication failed: /, '');
  return withoutFullStop(withoutOpenssl(plain));
}
