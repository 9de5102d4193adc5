import { KafkaError, type ErrorCode } from '../../model/errors.ts';
import type { Outcome } from '../../model/outcome.ts';
import { topicInvalid, topicMissing, topicUnauthorised } from './messages.ts';

/** What one of Kafka's error codes means for the records of a produce request. */
type Verdict =
  | { readonly kind: 'stored' }
  | {
      readonly kind: 'retriable';
      readonly name: string;
      readonly refresh?: boolean;
      readonly mayHaveBeenWritten?: boolean;
    }
  | { readonly kind: 'too-large'; readonly name: string; readonly code: ErrorCode }
  | { readonly kind: 'rejected'; readonly name: string; readonly code: ErrorCode };

const retriable = (name: string): Verdict => ({ kind: 'retriable', name });
const moved = (name: string): Verdict => ({ kind: 'retriable', name, refresh: true });
/** The leader may have written the records and lost its office, or its disk, before the followers had confirmed. */
const deposed = (name: string): Verdict => ({
  kind: 'retriable',
  name,
  refresh: true,
  mayHaveBeenWritten: true,
});
const appended = (name: string): Verdict => ({ kind: 'retriable', name, mayHaveBeenWritten: true });
const divisible = (name: string, code: ErrorCode): Verdict => ({ kind: 'too-large', name, code });
const rejected = (name: string, code: ErrorCode = 'RECORD_REJECTED'): Verdict => ({
  kind: 'rejected',
  name,
  code,
});

/**
 * Kafka's `Errors.java` (4.3), as far as Produce, Metadata, ApiVersions, InitProducerId and SASL can answer with it.
 * "Retriable" is Kafka's own `RetriableException`; "moved" its `InvalidMetadataException`.
 */
const verdicts: ReadonlyMap<number, Verdict> = new Map<number, Verdict>([
  // Java gives up here; an unforeseen fault of the broker says nothing about the records, so they are sent again.
  [-1, appended('UNKNOWN_SERVER_ERROR')],
  [0, { kind: 'stored' }],
  [2, retriable('CORRUPT_MESSAGE')],
  [3, moved('UNKNOWN_TOPIC_OR_PARTITION')],
  [5, moved('LEADER_NOT_AVAILABLE')],
  [6, deposed('NOT_LEADER_OR_FOLLOWER')],
  // The leader wrote the records; its followers did not confirm in time.
  [7, appended('REQUEST_TIMED_OUT')],
  [8, moved('BROKER_NOT_AVAILABLE')],
  [9, moved('REPLICA_NOT_AVAILABLE')],
  [10, divisible('MESSAGE_TOO_LARGE', 'RECORD_TOO_LARGE')],
  [13, deposed('NETWORK_EXCEPTION')],
  [14, retriable('COORDINATOR_LOAD_IN_PROGRESS')],
  [15, retriable('COORDINATOR_NOT_AVAILABLE')],
  [16, retriable('NOT_COORDINATOR')],
  [17, rejected('INVALID_TOPIC_EXCEPTION', 'TOPIC_INVALID')],
  [18, divisible('RECORD_LIST_TOO_LARGE', 'RECORD_TOO_LARGE')],
  [19, retriable('NOT_ENOUGH_REPLICAS')],
  [20, appended('NOT_ENOUGH_REPLICAS_AFTER_APPEND')],
  [21, rejected('INVALID_REQUIRED_ACKS')],
  [29, rejected('TOPIC_AUTHORIZATION_FAILED', 'NOT_AUTHORIZED')],
  [31, rejected('CLUSTER_AUTHORIZATION_FAILED', 'NOT_AUTHORIZED')],
  // One record's bad timestamp fails its whole batch, as 87 does: halving finds it where the broker does not name it.
  [32, divisible('INVALID_TIMESTAMP', 'RECORD_REJECTED')],
  [33, rejected('UNSUPPORTED_SASL_MECHANISM', 'AUTHENTICATION_FAILED')],
  [34, rejected('ILLEGAL_SASL_STATE', 'AUTHENTICATION_FAILED')],
  [35, rejected('UNSUPPORTED_VERSION')],
  [42, rejected('INVALID_REQUEST')],
  [43, rejected('UNSUPPORTED_FOR_MESSAGE_FORMAT')],
  [44, rejected('POLICY_VIOLATION')],
  // An idempotent producer whose place in the sequence the broker forgot: a new producer id mends it.
  [45, retriable('OUT_OF_ORDER_SEQUENCE_NUMBER')],
  [46, { kind: 'stored' }],
  [47, retriable('INVALID_PRODUCER_EPOCH')],
  [49, retriable('INVALID_PRODUCER_ID_MAPPING')],
  [53, rejected('TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'NOT_AUTHORIZED')],
  [56, deposed('KAFKA_STORAGE_ERROR')],
  [58, rejected('SASL_AUTHENTICATION_FAILED', 'AUTHENTICATION_FAILED')],
  [59, retriable('UNKNOWN_PRODUCER_ID')],
  [72, moved('LISTENER_NOT_FOUND')],
  [74, moved('FENCED_LEADER_EPOCH')],
  [75, moved('UNKNOWN_LEADER_EPOCH')],
  [76, rejected('UNSUPPORTED_COMPRESSION_TYPE')],
  [78, retriable('OFFSET_NOT_AVAILABLE')],
  [80, moved('PREFERRED_LEADER_NOT_AVAILABLE')],
  [83, moved('ELIGIBLE_LEADERS_NOT_AVAILABLE')],
  [87, divisible('INVALID_RECORD', 'RECORD_REJECTED')],
  [89, retriable('THROTTLING_QUOTA_EXCEEDED')],
  [90, retriable('PRODUCER_FENCED')],
  [100, moved('UNKNOWN_TOPIC_ID')],
  [103, moved('INCONSISTENT_TOPIC_ID')],
  [108, moved('NEW_LEADER_ELECTED')],
]);

/** The codes after which an idempotent producer needs a new id before it may go on. */
const sequenceLostCodes = [45, 47, 49, 59, 90];
const sequenceLostNames: ReadonlySet<string | undefined> = new Set(sequenceLostCodes.map(brokerErrorName));

/** Whether the broker has lost this producer's place in the sequence, or handed it to another. */
export function isSequenceLost(outcome: Outcome): boolean {
  return 'error' in outcome && sequenceLostNames.has(outcome.error.kafkaCode);
}

/** Kafka's name of a code, for messages and metrics. */
export function brokerErrorName(code: number): string {
  const verdict = verdicts.get(code);
  return verdict !== undefined && 'name' in verdict ? verdict.name : `error ${code}`;
}

/**
 * The outcome of records the broker answered with `code`.
 * A code that is not listed is rejected: every retriable one that a producer can meet is in the table.
 * @param detail The broker's own sentence, where it sent one.
 */
export function outcomeOfCode(code: number, topic: string, detail?: string | null, cause?: unknown): Outcome {
  const verdict = verdicts.get(code) ?? rejected(`error ${code}`);
  if (verdict.kind === 'stored') return verdict;
  const error = errorOfCode(code, topic, detail, cause);
  switch (verdict.kind) {
    case 'retriable':
      return {
        kind: 'retriable',
        error,
        refresh: verdict.refresh ?? false,
        mayHaveBeenWritten: verdict.mayHaveBeenWritten ?? false,
      };
    case 'too-large':
    case 'rejected':
      return { kind: verdict.kind, error };
  }
}

/** The error that a code becomes when its push fails in the end. */
export function errorOfCode(
  code: number,
  topic: string,
  detail?: string | null,
  cause?: unknown,
): KafkaError {
  const verdict = verdicts.get(code) ?? rejected(`error ${code}`);
  const kafkaCode = brokerErrorName(code);
  const quoted = quotedCode(kafkaCode, detail);
  if (code === 3) return topicMissing(topic, cause);
  if (code === 17) return topicInvalid(topic, detail, cause);
  if (code === 29) return topicUnauthorised(topic, cause);
  const errorCode = verdict.kind === 'retriable' || verdict.kind === 'stored' ? 'BROKER_BUSY' : verdict.code;
  return new KafkaError(errorCode, `Topic "${topic}": ${sentence(errorCode, quoted)}`, {
    topic,
    kafkaCode,
    cause,
  });
}

/** The error of a record that the broker names. @param detail the broker's words about it */
export function errorOfRecord(code: number, topic: string, detail?: string | null): KafkaError {
  const kafkaCode = brokerErrorName(code);
  return new KafkaError(
    'RECORD_REJECTED',
    `Topic "${topic}": the broker refuses this record: ${quotedCode(kafkaCode, detail)}.`,
    { topic, kafkaCode },
  );
}

function quotedCode(kafkaCode: string, detail: string | null | undefined): string {
  return detail ? `${kafkaCode} (${detail})` : kafkaCode;
}

function sentence(code: ErrorCode, quoted: string): string {
  if (code === 'BROKER_BUSY') {
    return `the broker answered ${quoted} and asks to try again. If this lasts, check the cluster's health.`;
  }
  if (code === 'RECORD_TOO_LARGE') {
    return `the broker answered ${quoted}. Send smaller events, or raise the topic's max.message.bytes.`;
  }
  if (code === 'NOT_AUTHORIZED') return `the broker answered ${quoted}. Grant this user the right to write.`;
  return `the broker refuses these records: ${quoted}.`;
}
