import { KafkaError, reasonOf } from '../../vocabulary/errors.ts';
import type { Outcome } from '../../vocabulary/outcome.ts';
import type { Slice } from '../../vocabulary/partition.ts';
import type { Sasl } from '../port.ts';

/** The sentences that both adapters and the in-memory cluster share: what happened, to which topic or broker, what to do next. */

export function topicMissing(topic: string, cause?: unknown): KafkaError {
  return new KafkaError(
    'TOPIC_MISSING',
    `Topic "${topic}" does not exist. Create it with "walkeros setup destination.<id>" (config.setup: numPartitions and ` +
      'replicationFactor), or set settings.kafka.allowAutoTopicCreation.',
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

export function topicUnauthorised(topic: string, cause?: unknown): KafkaError {
  return new KafkaError(
    'NOT_AUTHORIZED',
    `Topic "${topic}": this user may not write to it, or it does not exist. Grant the WRITE and DESCRIBE rights.`,
    { topic, kafkaCode: 'TOPIC_AUTHORIZATION_FAILED', cause },
  );
}

/** Not a rejection: the topic may have grown, or come back with fewer partitions, since its layout was asked for. */
export function partitionMissing({ topic, partition }: Slice): Outcome {
  const error = new KafkaError('BROKER_BUSY', `Topic "${topic}" has no partition ${partition} any more.`, {
    topic,
    kafkaCode: 'UNKNOWN_TOPIC_OR_PARTITION',
  });
  return { kind: 'retriable', error, refresh: true, mayHaveBeenWritten: false };
}

/** Halved until it is found out which record is to blame, or there is memory enough. */
export function notEncoded(topic: string, cause: unknown): Outcome {
  const error = new KafkaError(
    'RECORD_REJECTED',
    `Topic "${topic}": these records could not be encoded: ${endless(reasonOf(cause))}. ` +
      'If this lasts, choose another settings.kafka.compression.',
    { topic, cause },
  );
  return { kind: 'too-large', error };
}

/** @param reachedBefore these settings have reached the cluster: they are not what is wrong */
export function unreachable(brokers: string, cause: unknown, reachedBefore = false): KafkaError {
  const reason = endless(reasonOf(cause));
  return new KafkaError(
    'BROKER_UNREACHABLE',
    `Cannot reach Kafka at ${brokers}: ${reason}. ${nextStep(reason, reachedBefore)}`,
    { cause },
  );
}

function nextStep(reason: string, reachedBefore: boolean): string {
  if (/ENOTFOUND|EAI_AGAIN/.test(reason))
    return 'The host name is unknown: check settings.kafka.brokers and DNS.';
  if (/clos|hang up|ECONNRESET/i.test(reason) && !reachedBefore) {
    return 'It hangs up on us: the port may want TLS (settings.kafka.ssl) or credentials (settings.kafka.sasl).';
  }
  return 'Check settings.kafka.brokers and the network.';
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
    { cause },
  );
}

export function certificateRefused(brokers: string, cause: unknown): KafkaError {
  return new KafkaError(
    'TLS_FAILED',
    `TLS to ${brokers} failed: ${endless(reasonOf(cause))}. ` +
      'Check the certificates: settings.kafka.ssl.ca for a private authority, cert and key where the broker asks for one.',
    { cause },
  );
}

export function authenticationFailed(brokers: string, sasl: Sasl | undefined, cause: unknown): KafkaError {
  const who =
    sasl === undefined
      ? 'without SASL'
      : `with ${sasl.mechanism}${'username' in sasl ? ` as "${sasl.username}"` : ''}`;
  return new KafkaError(
    'AUTHENTICATION_FAILED',
    `Kafka at ${brokers} refused to authenticate ${who}: ${endless(reasonOf(cause))}. Check settings.kafka.sasl.`,
    { cause },
  );
}

export function requestUnanswered(broker: string, cause: unknown): KafkaError {
  return new KafkaError(
    'REQUEST_FAILED',
    `The broker ${broker} did not answer a produce request (${endless(reasonOf(cause))}): its records may be stored or not.`,
    { mayHaveBeenWritten: true, cause },
  );
}

export function clientClosed(): KafkaError {
  return new KafkaError('DESTINATION_CLOSED', 'The Kafka client is closed.');
}

/** A quoted reason without the prefixes of kafkajs and OpenSSL and without its own full stop, so that it fits into our sentence. */
function endless(reason: string): string {
  return reason
    .replace(/^Connection error: |^SASL [\w ]+ authentication failed: /, '')
    .replace(/^.*:SSL routines:[^:]*:([^:]+):.*$/s, '$1')
    .replace(/[.\s]+$/, '');
}
