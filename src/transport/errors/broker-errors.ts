import { errorTraits, KafkaError, type ErrorCode } from '../../model/errors.ts';
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

/** What one of Kafka's error codes means for the batch of a produce request: the part of its `Outcome` that the code decides. */
type Verdict =
  | { readonly kind: 'stored' }
  | {
      readonly kind: 'retriable';
      readonly refresh?: boolean;
      readonly mayHaveBeenWritten?: boolean;
    }
  | { readonly kind: 'splittable'; readonly errorCode: 'RECORD_TOO_LARGE' | 'RECORD_REJECTED' }
  | { readonly kind: 'rejected'; readonly errorCode: ErrorCode };

/** Not written; the same leader may take it a moment later. `KafkaError.retriable` is another question: whether the event may be pushed again. */
const tryAgain: Verdict = { kind: 'retriable' };
/** Not written; another broker may lead: the cluster is asked who does, and the same one gets it again if it still leads. */
const tryAgainElsewhere: Verdict = { kind: 'retriable', refresh: true };
/** The leader has the records, or may have them. */
const maybeWritten: Verdict = { kind: 'retriable', mayHaveBeenWritten: true };
/** The leader may have written the records and lost its leadership, or its disk, before the followers had confirmed. */
const maybeWrittenByOldLeader: Verdict = { kind: 'retriable', refresh: true, mayHaveBeenWritten: true };
/** The batch is halved; a record that is too large by itself is rejected. */
const tooLarge: Verdict = { kind: 'splittable', errorCode: 'RECORD_TOO_LARGE' };
/**
 * One bad record fails its whole batch. Those that the broker names are rejected, and the others sent again (`produce-outcomes.ts`); where
 * it names none, halving finds them.
 */
const badRecord: Verdict = { kind: 'splittable', errorCode: 'RECORD_REJECTED' };
/** All records of the batch are refused, good ones too: where one of them may be at fault, it is `badRecord`. */
const rejected = (errorCode: ErrorCode): Verdict => ({ kind: 'rejected', errorCode });

/**
 * The codes of `kafka-errors.ts`, as far as we make the requests that they answer. A code without a line is `rejected`. To add one:
 *
 * 1. its name in `kafka-errors.ts`, and the names of the codes between;
 * 2. a line here:
 *    - refused for good: `badRecord` where one record may be at fault, `rejected(…)` where all are;
 *    - to be sent again, and the leader may have appended the records: `maybeWritten`, or `maybeWrittenByOldLeader`. Called anything
 *      else, an idempotent producer would batch them anew;
 *    - to be sent again, and surely not appended: `tryAgain`, or `tryAgainElsewhere` to have the cluster asked who leads;
 * 3. a row in the `table` of `broker-errors.test.ts`, which has one for each line here. What a broker's answer does to a whole flow:
 *    `judge` of `moodyBroker`, as `named-records.test.ts` uses it.
 *
 * Logs, metrics, the header of a dead letter, health and the doctor go by `kafkaCode` and `ErrorCode`, and need nothing.
 *
 * Only where it applies:
 *
 * - it costs the producer its id → `sequenceLost`;
 * - it has a sentence of its own → `errorOfCode`;
 * - readers or commits get it → `moved` of `platformatic/reader.ts`, `passing` of `platformatic/offset-store.ts`;
 * - a change of leaders may bring it first → `leaderGone` of `test/chaos/scenarios/words.ts`;
 * - users will meet it → CHANGELOG, and the examples under RECORD_REJECTED in docs/troubleshooting.md;
 * - an `ErrorCode` of its own → `traits` of `model/errors.ts`, docs/troubleshooting.md, `npm run docs`.
 *
 * Other sets of codes (`beingCreated`, `changes`) are about one request each.
 *
 * We speak Produce up to version 8 (`produce-request.ts`): a code that brokers give to newer versions alone never comes. A code of kind
 * `retriable` is told as BROKER_BUSY (3: TOPIC_MISSING), and to a login as BROKER_UNREACHABLE; the producer sends again after each of
 * them. For requests other than Produce, `verdictOf` turns what concerns records into REQUEST_FAILED.
 */
const verdicts: ReadonlyMap<number, Verdict> = new Map<number, Verdict>([
  // Java gives up here; an unforeseen fault of the broker says nothing about the records, so they are sent again.
  [kafkaErrors.UNKNOWN_SERVER_ERROR, maybeWritten],
  [kafkaErrors.NONE, { kind: 'stored' }],
  [kafkaErrors.CORRUPT_MESSAGE, tryAgain],
  [kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION, tryAgainElsewhere],
  [kafkaErrors.LEADER_NOT_AVAILABLE, tryAgainElsewhere],
  [kafkaErrors.NOT_LEADER_OR_FOLLOWER, maybeWrittenByOldLeader],
  // The leader wrote the records; its followers did not confirm in time.
  [kafkaErrors.REQUEST_TIMED_OUT, maybeWritten],
  [kafkaErrors.BROKER_NOT_AVAILABLE, tryAgainElsewhere],
  [kafkaErrors.REPLICA_NOT_AVAILABLE, tryAgainElsewhere],
  [kafkaErrors.MESSAGE_TOO_LARGE, tooLarge],
  [kafkaErrors.NETWORK_EXCEPTION, maybeWrittenByOldLeader],
  [kafkaErrors.COORDINATOR_LOAD_IN_PROGRESS, tryAgain],
  [kafkaErrors.COORDINATOR_NOT_AVAILABLE, tryAgain],
  [kafkaErrors.NOT_COORDINATOR, tryAgain],
  [kafkaErrors.INVALID_TOPIC_EXCEPTION, rejected('TOPIC_INVALID')],
  [kafkaErrors.RECORD_LIST_TOO_LARGE, tooLarge],
  [kafkaErrors.NOT_ENOUGH_REPLICAS, tryAgain],
  [kafkaErrors.NOT_ENOUGH_REPLICAS_AFTER_APPEND, maybeWritten],
  [kafkaErrors.TOPIC_AUTHORIZATION_FAILED, rejected('NOT_AUTHORIZED')],
  [kafkaErrors.CLUSTER_AUTHORIZATION_FAILED, rejected('NOT_AUTHORIZED')],
  [kafkaErrors.INVALID_TIMESTAMP, badRecord],
  [kafkaErrors.UNSUPPORTED_SASL_MECHANISM, rejected('AUTHENTICATION_FAILED')],
  [kafkaErrors.ILLEGAL_SASL_STATE, rejected('AUTHENTICATION_FAILED')],
  // The broker does not know the sequence before this one any more: a new producer id ends that.
  [kafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER, tryAgain],
  // The broker has stored the batch before.
  [kafkaErrors.DUPLICATE_SEQUENCE_NUMBER, { kind: 'stored' }],
  [kafkaErrors.INVALID_PRODUCER_EPOCH, tryAgain],
  [kafkaErrors.INVALID_PRODUCER_ID_MAPPING, tryAgain],
  [kafkaErrors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, rejected('NOT_AUTHORIZED')],
  [kafkaErrors.KAFKA_STORAGE_ERROR, maybeWrittenByOldLeader],
  [kafkaErrors.SASL_AUTHENTICATION_FAILED, rejected('AUTHENTICATION_FAILED')],
  [kafkaErrors.UNKNOWN_PRODUCER_ID, tryAgain],
  [kafkaErrors.LISTENER_NOT_FOUND, tryAgainElsewhere],
  [kafkaErrors.FENCED_LEADER_EPOCH, tryAgainElsewhere],
  [kafkaErrors.UNKNOWN_LEADER_EPOCH, tryAgainElsewhere],
  [kafkaErrors.OFFSET_NOT_AVAILABLE, tryAgain],
  [kafkaErrors.PREFERRED_LEADER_NOT_AVAILABLE, tryAgainElsewhere],
  [kafkaErrors.ELIGIBLE_LEADERS_NOT_AVAILABLE, tryAgainElsewhere],
  [kafkaErrors.INVALID_RECORD, badRecord],
  [kafkaErrors.THROTTLING_QUOTA_EXCEEDED, tryAgain],
  [kafkaErrors.PRODUCER_FENCED, tryAgain],
  [kafkaErrors.UNKNOWN_TOPIC_ID, tryAgainElsewhere],
  [kafkaErrors.INCONSISTENT_TOPIC_ID, tryAgainElsewhere],
  [kafkaErrors.NEW_LEADER_ELECTED, tryAgainElsewhere],
  // Of other requests than those that carry records.
  [kafkaErrors.NOT_CONTROLLER, tryAgain],
  [kafkaErrors.FETCH_SESSION_ID_NOT_FOUND, tryAgain],
  [kafkaErrors.INVALID_FETCH_SESSION_EPOCH, tryAgain],
  [kafkaErrors.UNSTABLE_OFFSET_COMMIT, tryAgain],
]);

/** The broker has lost this producer's sequence, or given its id to another: the producer needs a new id before it goes on. */
const sequenceLost: ReadonlySet<string | undefined> = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'UNKNOWN_PRODUCER_ID',
  'PRODUCER_FENCED',
] satisfies (keyof typeof kafkaErrors)[]);

export function isSequenceLost(outcome: Outcome): boolean {
  return 'error' in outcome && sequenceLost.has(outcome.error.kafkaCode);
}

/** Whether the same request may be answered better a moment later. */
export function isRetriable(code: number): boolean {
  return verdicts.get(code)?.kind === 'retriable';
}

/** What is known of an answer besides its code. */
interface AnswerFacts {
  /** What was asked for. Default: `operations.produce`. */
  readonly operation?: Operation;
  /** The broker's own sentence, where it sent one. */
  readonly detail?: string | null | undefined;
  readonly cause?: unknown;
}

/** The outcome of records that the broker answered with `code`, or that were not sent for such an answer to another request. */
export function outcomeOfCode(code: number, topic: string, facts: AnswerFacts = {}): Outcome {
  const { operation = operations.produce } = facts;
  const verdict = verdictOf(code, operation);
  if (verdict.kind === 'stored') return verdict;
  const error = errorOfCode(code, topic, facts);
  switch (verdict.kind) {
    case 'retriable':
      return {
        kind: 'retriable',
        error,
        refresh: verdict.refresh ?? false,
        mayHaveBeenWritten: operation === operations.produce && (verdict.mayHaveBeenWritten ?? false),
      };
    case 'splittable':
    case 'rejected':
      return { kind: verdict.kind, error };
  }
}

/** Only an answer to a produce request says that records are stored, too large or bad. */
function verdictOf(code: number, operation: Operation): Verdict {
  const verdict = verdicts.get(code) ?? rejected('RECORD_REJECTED');
  if (operation === operations.produce || verdict.kind === 'retriable') return verdict;
  const isAboutRecords = verdict.kind !== 'rejected' || errorTraits(verdict.errorCode).scope === 'record';
  return isAboutRecords ? rejected('REQUEST_FAILED') : verdict;
}

/** The error that a code becomes when what was asked for fails in the end. */
export function errorOfCode(
  code: number,
  topic: string,
  { operation = operations.produce, detail, cause }: AnswerFacts = {},
): KafkaError {
  if (code === kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION) return topicMissing(topic, cause);
  if (code === kafkaErrors.INVALID_TOPIC_EXCEPTION) return topicInvalid(topic, detail, cause);
  if (code === kafkaErrors.TOPIC_AUTHORIZATION_FAILED && operation === operations.produce)
    return topicUnauthorised(topic, cause);
  const verdict = verdictOf(code, operation);
  const kafkaCode = kafkaErrorName(code);
  const errorCode = 'errorCode' in verdict ? verdict.errorCode : 'BROKER_BUSY';
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

function sentence(errorCode: ErrorCode, quoted: string, operation: Operation): string {
  const { request, right } = operation;
  const answer = operation === operations.produce ? quoted : `${quoted} to ${request}`;
  if (errorCode === 'BROKER_BUSY') {
    return `the broker answered ${answer} and asks to try again. If this lasts, check the cluster's health.`;
  }
  if (errorCode === 'RECORD_TOO_LARGE') {
    return `the broker answered ${answer}. Send smaller events, or raise the topic's max.message.bytes.`;
  }
  if (errorCode === 'NOT_AUTHORIZED')
    return `the broker answered ${answer}. Grant this user the right to ${right}.`;
  if (operation === operations.produce) return `the broker refuses these records: ${quoted}.`;
  return `the broker refuses ${request}: ${quoted}.`;
}
