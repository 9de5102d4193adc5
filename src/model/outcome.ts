import type { KafkaError } from './errors.ts';
import type { PartitionBatch } from './partition.ts';

/** What became of a batch, the records of one partition in one produce request. `broker-errors.ts` makes it of Kafka's code. */
export type Outcome =
  /** Acknowledged under the configured `acks`. */
  | { readonly kind: 'stored' }
  /** The broker answered "try again" (election, too few replicas, …). `refresh`: the leader may have moved: the cluster is asked, and a new leader ends the backoff; `ProducerState` sets it for a batch in doubt, whatever the code. */
  | {
      readonly kind: 'retriable';
      readonly error: KafkaError;
      readonly refresh: boolean;
      /** The leader has appended the records, or may have: as after REQUEST_TIMED_OUT or NOT_LEADER_OR_FOLLOWER. */
      readonly mayHaveBeenWritten: boolean;
      /** See `unknown` below. Such an answer does not count against `retries`: only the deadline ends the pushes. */
      readonly unchanged?: boolean;
    }
  /**
   * None is stored, and a part of them may pass: they are too large (RECORD_TOO_LARGE), or one that nobody names is bad or
   * cannot be encoded (RECORD_REJECTED).
   */
  | { readonly kind: 'splittable'; readonly error: KafkaError }
  | {
      readonly kind: 'rejected';
      readonly error: KafkaError;
      /**
       * The broker names the bad records: why, by index in the batch. It stored none of the batch, and would take the others.
       * Absent: all of them are refused.
       */
      readonly named?: ReadonlyMap<number, KafkaError>;
    }
  /** Never sent: no connection to the leader. */
  | { readonly kind: 'unreachable'; readonly error: KafkaError }
  /** Sent, and no answer came: the records may be stored or not. Re-sending is where duplicates come from. */
  | {
      readonly kind: 'unknown';
      readonly error: KafkaError;
      /**
       * The same batch must come again, before any other of its partition: it has the sequence under which it was sent, so
       * that the broker stores it once. Absent where nothing is numbered, or the sequence was given up.
       */
      readonly unchanged?: boolean;
    };

/** Any other than stored. */
export type Failure = Exclude<Outcome, { readonly kind: 'stored' }>;

/** The same batch must come again, before any other of its partition. */
export function mustComeAgain(outcome: Outcome): boolean {
  return 'unchanged' in outcome && outcome.unchanged === true;
}

/** The broker said nothing: it could not be reached, or the connection ended first. */
export function isUnanswered(
  outcome: Outcome,
): outcome is Extract<Outcome, { kind: 'unreachable' | 'unknown' }> {
  return outcome.kind === 'unreachable' || outcome.kind === 'unknown';
}

/** One produce request as it went: told once, when its outcome is known. */
export interface ProduceReport {
  /** The leader it was for, `host:port`. */
  readonly broker: string;
  readonly batches: readonly PartitionBatch[];
  /** One per batch, in their order. `unreachable`: there was no connection, so the request was not sent. */
  readonly outcomes: readonly Outcome[];
  /** Milliseconds, by `performance.now()`. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Bytes of the record batches, before compression and as sent. Undefined where they were not encoded. */
  readonly size: { readonly plain: number; readonly sent: number } | undefined;
}

/** Must not throw: it stands between the answer and those who wait for it. */
export type OnProduced = (report: ProduceReport) => void;
