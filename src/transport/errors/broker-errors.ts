import { KafkaError, type ErrorCode } from '../../model/errors.ts';
import type { Outcome } from '../../model/outcome.ts';
import { kafkaErrorName, kafkaErrors } from '../../protocol/kafka-errors.ts';
import { topicInvalid, topicMissing, topicUnauthorised } from './messages.ts';

/** What a broker is asked for, in the words of the errors about its answer. */
export interface Operation {
  readonly request: string;
  /** What a user needs the right to. */
  readonly right: string;
}

export const operations = {
  produce: { request: 'these records', right: 'write' },
  metadata: { request: 'a request for its metadata', right: 'see the topic' },
  createTopic: { request: 'a request to create it', right: 'create the topic' },
  topicConfig: { request: 'a request for its configuration', right: 'read its configuration' },
  producerId: { request: 'a request for a producer id', right: 'write idempotently' },
  fetch: { request: 'a request to read it', right: 'read' },
  listOffsets: { request: 'a request for its offsets', right: 'read' },
  findCoordinator: (group: string) => ofGroup(group, 'for the coordinator'),
  fetchOffsets: (group: string) => ofGroup(group, 'for the committed offsets'),
  commitOffsets: (group: string) => ofGroup(group, 'to commit offsets'),
} as const satisfies Record<string, Operation | ((group: string) => Operation)>;

function ofGroup(group: string, what: string): Operation {
  return { request: `a request ${what} of consumer group "${group}"`, right: 'read as this group' };
}

/** What one of Kafka's error codes means for the records of a produce request. */
type Verdict =
  | { readonly kind: 'stored' }
  | {
      readonly kind: 'retriable';
      readonly refresh?: boolean;
      readonly mayHaveBeenWritten?: boolean;
    }
  | { readonly kind: 'too-large'; readonly code: ErrorCode }
  | { readonly kind: 'rejected'; readonly code: ErrorCode };

const retriable: Verdict = { kind: 'retriable' };
const moved: Verdict = { kind: 'retriable', refresh: true };
/** The leader may have written the records and lost its office, or its disk, before the followers had confirmed. */
const deposed: Verdict = { kind: 'retriable', refresh: true, mayHaveBeenWritten: true };
const appended: Verdict = { kind: 'retriable', mayHaveBeenWritten: true };
const divisible = (code: ErrorCode): Verdict => ({ kind: 'too-large', code });
const rejected = (code: ErrorCode): Verdict => ({ kind: 'rejected', code });

/**
 * Kafka's `Errors.java` (4.3), as far as we ask for what it is about; a code that is not here refuses what was asked.
 * "Retriable" is Kafka's own `RetriableException`; "moved" its `InvalidMetadataException`.
 */
const verdicts: ReadonlyMap<number, Verdict> = new Map<number, Verdict>([
  // Java gives up here; an unforeseen fault of the broker says nothing about the records, so they are sent again.
  [kafkaErrors.UNKNOWN_SERVER_ERROR, appended],
  [kafkaErrors.NONE, { kind: 'stored' }],
  [kafkaErrors.CORRUPT_MESSAGE, retriable],
  [kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION, moved],
  [kafkaErrors.LEADER_NOT_AVAILABLE, moved],
  [kafkaErrors.NOT_LEADER_OR_FOLLOWER, deposed],
  // The leader wrote the records; its followers did not confirm in time.
  [kafkaErrors.REQUEST_TIMED_OUT, appended],
  [kafkaErrors.BROKER_NOT_AVAILABLE, moved],
  [kafkaErrors.REPLICA_NOT_AVAILABLE, moved],
  [kafkaErrors.MESSAGE_TOO_LARGE, divisible('RECORD_TOO_LARGE')],
  [kafkaErrors.NETWORK_EXCEPTION, deposed],
  [kafkaErrors.COORDINATOR_LOAD_IN_PROGRESS, retriable],
  [kafkaErrors.COORDINATOR_NOT_AVAILABLE, retriable],
  [kafkaErrors.NOT_COORDINATOR, retriable],
  [kafkaErrors.INVALID_TOPIC_EXCEPTION, rejected('TOPIC_INVALID')],
  [kafkaErrors.RECORD_LIST_TOO_LARGE, divisible('RECORD_TOO_LARGE')],
  [kafkaErrors.NOT_ENOUGH_REPLICAS, retriable],
  [kafkaErrors.NOT_ENOUGH_REPLICAS_AFTER_APPEND, appended],
  [kafkaErrors.TOPIC_AUTHORIZATION_FAILED, rejected('NOT_AUTHORIZED')],
  [kafkaErrors.CLUSTER_AUTHORIZATION_FAILED, rejected('NOT_AUTHORIZED')],
  // One record's bad timestamp fails its whole batch, as INVALID_RECORD does: halving finds it where the broker does not name it.
  [kafkaErrors.INVALID_TIMESTAMP, divisible('RECORD_REJECTED')],
  [kafkaErrors.UNSUPPORTED_SASL_MECHANISM, rejected('AUTHENTICATION_FAILED')],
  [kafkaErrors.ILLEGAL_SASL_STATE, rejected('AUTHENTICATION_FAILED')],
  // An idempotent producer whose place in the sequence the broker forgot: a new producer id mends it.
  [kafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER, retriable],
  [kafkaErrors.DUPLICATE_SEQUENCE_NUMBER, { kind: 'stored' }],
  [kafkaErrors.INVALID_PRODUCER_EPOCH, retriable],
  [kafkaErrors.INVALID_PRODUCER_ID_MAPPING, retriable],
  [kafkaErrors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, rejected('NOT_AUTHORIZED')],
  [kafkaErrors.KAFKA_STORAGE_ERROR, deposed],
  [kafkaErrors.SASL_AUTHENTICATION_FAILED, rejected('AUTHENTICATION_FAILED')],
  [kafkaErrors.UNKNOWN_PRODUCER_ID, retriable],
  [kafkaErrors.LISTENER_NOT_FOUND, moved],
  [kafkaErrors.FENCED_LEADER_EPOCH, moved],
  [kafkaErrors.UNKNOWN_LEADER_EPOCH, moved],
  [kafkaErrors.OFFSET_NOT_AVAILABLE, retriable],
  [kafkaErrors.PREFERRED_LEADER_NOT_AVAILABLE, moved],
  [kafkaErrors.ELIGIBLE_LEADERS_NOT_AVAILABLE, moved],
  [kafkaErrors.INVALID_RECORD, divisible('RECORD_REJECTED')],
  [kafkaErrors.THROTTLING_QUOTA_EXCEEDED, retriable],
  [kafkaErrors.PRODUCER_FENCED, retriable],
  [kafkaErrors.UNKNOWN_TOPIC_ID, moved],
  [kafkaErrors.INCONSISTENT_TOPIC_ID, moved],
  [kafkaErrors.NEW_LEADER_ELECTED, moved],
  // Of other requests than those that carry records.
  [kafkaErrors.NOT_CONTROLLER, retriable],
  [kafkaErrors.FETCH_SESSION_ID_NOT_FOUND, retriable],
  [kafkaErrors.INVALID_FETCH_SESSION_EPOCH, retriable],
  [kafkaErrors.UNSTABLE_OFFSET_COMMIT, retriable],
]);

/** After these an idempotent producer needs a new id before it may go on. */
const sequenceLost: ReadonlySet<string | undefined> = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'UNKNOWN_PRODUCER_ID',
  'PRODUCER_FENCED',
] satisfies (keyof typeof kafkaErrors)[]);

/** Whether the broker has lost this producer's place in the sequence, or handed it to another. */
export function isSequenceLost(outcome: Outcome): boolean {
  return 'error' in outcome && sequenceLost.has(outcome.error.kafkaCode);
}

/** Whether the same request may be answered better a moment later. */
export function isRetriable(code: number): boolean {
  return verdicts.get(code)?.kind === 'retriable';
}

/** What is known of an answer besides its code. */
export interface Answered {
  /** What was asked for; records where absent. */
  readonly operation?: Operation;
  /** The broker's own sentence, where it sent one. */
  readonly detail?: string | null | undefined;
  readonly cause?: unknown;
}

/** The outcome of records that the broker answered with `code`, or that were not sent for such an answer to another request. */
export function outcomeOfCode(code: number, topic: string, answered: Answered = {}): Outcome {
  const { operation = operations.produce } = answered;
  const verdict = verdictOf(code, operation);
  if (verdict.kind === 'stored') return verdict;
  const error = errorOfCode(code, topic, answered);
  switch (verdict.kind) {
    case 'retriable':
      return {
        kind: 'retriable',
        error,
        refresh: verdict.refresh ?? false,
        mayHaveBeenWritten: operation === operations.produce && (verdict.mayHaveBeenWritten ?? false),
      };
    case 'too-large':
    case 'rejected':
      return { kind: verdict.kind, error };
  }
}

/** Records are stored, or too large, by an answer to records alone. */
function verdictOf(code: number, operation: Operation): Verdict {
  const verdict = verdicts.get(code) ?? rejected('RECORD_REJECTED');
  if (operation === operations.produce || verdict.kind === 'retriable') return verdict;
  const isAboutRecords =
    verdict.kind === 'stored' || verdict.kind === 'too-large' || verdict.code === 'RECORD_REJECTED';
  return isAboutRecords ? rejected('REQUEST_FAILED') : verdict;
}

/** The error that a code becomes when what was asked for fails in the end. */
export function errorOfCode(
  code: number,
  topic: string,
  { operation = operations.produce, detail, cause }: Answered = {},
): KafkaError {
  if (code === kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION) return topicMissing(topic, cause);
  if (code === kafkaErrors.INVALID_TOPIC_EXCEPTION) return topicInvalid(topic, detail, cause);
  if (code === kafkaErrors.TOPIC_AUTHORIZATION_FAILED && operation === operations.produce)
    return topicUnauthorised(topic, cause);
  const verdict = verdictOf(code, operation);
  const kafkaCode = kafkaErrorName(code);
  const errorCode = verdict.kind === 'retriable' || verdict.kind === 'stored' ? 'BROKER_BUSY' : verdict.code;
  const told = sentence(errorCode, quotedCode(kafkaCode, detail), operation);
  return new KafkaError(errorCode, `Topic "${topic}": ${told}`, { topic, kafkaCode, cause });
}

/** The error of a record that the broker names. @param detail the broker's words about it */
export function errorOfRecord(code: number, topic: string, detail?: string | null): KafkaError {
  const kafkaCode = kafkaErrorName(code);
  return new KafkaError(
    'RECORD_REJECTED',
    `Topic "${topic}": the broker refuses this record: ${quotedCode(kafkaCode, detail)}.`,
    { topic, kafkaCode },
  );
}

function quotedCode(kafkaCode: string, detail: string | null | undefined): string {
  return detail ? `${kafkaCode} (${detail})` : kafkaCode;
}

function sentence(code: ErrorCode, quoted: string, operation: Operation): string {
  const { request, right } = operation;
  const answer = operation === operations.produce ? quoted : `${quoted} to ${request}`;
  if (code === 'BROKER_BUSY') {
    return `the broker answered ${answer} and asks to try again. If this lasts, check the cluster's health.`;
  }
  if (code === 'RECORD_TOO_LARGE') {
    return `the broker answered ${answer}. Send smaller events, or raise the topic's max.message.bytes.`;
  }
  if (code === 'NOT_AUTHORIZED')
    return `the broker answered ${answer}. Grant this user the right to ${right}.`;
  if (operation === operations.produce) return `the broker refuses these records: ${quoted}.`;
  return `the broker refuses ${request}: ${quoted}.`;
}
