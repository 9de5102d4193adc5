import { errorTraits, type KafkaError } from '../model/errors.ts';
import { isUnanswered, type Failure } from '../model/outcome.ts';
import type { Clock, ProducerContext, Pauses, RetryPolicy } from './ports.ts';
import type { ProducerRecord } from './producer-record.ts';

/**
 * Between two tries to reach a broker, as Java's `reconnect.backoff.ms` and its `max`: `settings.kafka.retry` is for answers.
 * Paused by that, a partition whose leader was replaced after ten seconds was sent to after twenty-four.
 */
const reconnect = { initialRetryTime: 100, maxRetryTime: 1_000 };

/** Up to a fifth more or less, so that queues which failed together do not come back together. */
const jitter = 0.2;

/**
 * The pause before try number `attempt` (1 is the first repetition): doubling from `initialRetryTime` up to
 * `maxRetryTime`, with jitter.
 *
 * @param random a number in [0, 1)
 */
export function backoff(attempt: number, policy: Pauses, random: number): number {
  const doubled = policy.initialRetryTime * 2 ** Math.min(attempt - 1, 30);
  const capped = Math.min(doubled, policy.maxRetryTime);
  return Math.round(Math.min(capped * (1 - jitter + 2 * jitter * random), policy.maxRetryTime));
}

/**
 * Shortens a pause so that one more try comes before the deadline: to half the time that is left, but never below
 * `initialRetryTime`. Without it, a cluster that was away for five seconds of eight is found to be back after nine.
 *
 * @param timeLeft milliseconds until the oldest record's deadline
 */
export function inTime(pause: number, timeLeft: number, { initialRetryTime }: Pauses): number {
  return Math.min(pause, Math.max(Math.round(timeLeft / 2), initialRetryTime));
}

/** How long to wait before the next try, so that it still comes before the deadline, and before the producer closes. */
export class Backoffs {
  readonly #policy: RetryPolicy;
  readonly #clock: Clock;
  readonly #random: () => number;
  #end = Infinity;

  constructor(policy: RetryPolicy, { clock, random }: Pick<ProducerContext, 'clock' | 'random'>) {
    this.#policy = policy;
    this.#clock = clock;
    this.#random = random;
  }

  /** Everything is over in `timeLeft` milliseconds. */
  endIn(timeLeft: number): void {
    this.#end = this.#clock.now() + timeLeft;
  }

  /**
   * After so many failed tries in a row, with so many milliseconds left.
   * @param error undefined where a broker answered "try again". Only an error of scope `network` is silence. What refuses a connection, or
   *   keeps us from making one (a login, a certificate, a version), goes by `retry`: brokers lock users out, and credentials may cost
   *   their provider something.
   */
  pause(failedTries: number, timeLeft: number, error?: KafkaError): number {
    const pauses = error && errorTraits(error.code).scope === 'network' ? reconnect : this.#policy;
    const all = Math.min(timeLeft, this.#end - this.#clock.now());
    return inTime(backoff(failedTries, pauses, this.#random()), all, pauses);
  }
}

/** A disk that failed is asked again after so many milliseconds. */
export const diskPause = 1_000;

/**
 * Of a topic or a connection; what ends a batch says `decide`. A refused connection says nothing about a record or its topic, so that a
 * spool may keep records until it is put right.
 */
export function isFinalRefusal({ code }: KafkaError, spooled: boolean): boolean {
  const { final, scope } = errorTraits(code);
  return final && !(spooled && scope === 'connection');
}

/**
 * What becomes of a record that was not stored. `reject`: to the dead-letter topic, or its push fails. `expire`: its tries are used up,
 * and it goes the way of one whose time is over: to the spool, or its push fails. The others stay at the head of their queue, and the
 * outcome of their batch says how they come again: `split` at once, in smaller batches; `retry` after a backoff, or at once where the
 * broker has refused others of the batch.
 */
export type Action = 'retry' | 'split' | 'reject' | 'expire';

export interface RecordFacts {
  /** How many its batch has, and which of them it is. */
  readonly records: number;
  readonly index: number;
  /** This answer included, where it is `retriable`; others are counted when they end the record. */
  readonly attempts: number;
  readonly durability: ProducerRecord['durability'];
}

/**
 * What becomes of a record by the outcome of its batch (what a Kafka code means as an outcome: `broker-errors.ts`). Its time is another
 * question: the sweep ends that. For `retry` and `split` nothing is done to the record: `Sender.#handleOutcome` says when its queue is
 * sent again.
 */
export function decide(outcome: Failure, record: RecordFacts, retries: number): Action {
  switch (outcome.kind) {
    case 'rejected':
      // The broker stored none of the batch, and would take those that it does not name.
      return outcome.named === undefined || outcome.named.has(record.index) ? 'reject' : 'retry';
    case 'splittable':
      return record.records > 1 ? 'split' : 'reject';
    case 'retriable':
      if (record.attempts <= retries || record.durability === 'disk') return 'retry';
      // A topic that never appears is a mistake to be kept and looked at; a cluster in trouble is not the record's fault.
      return outcome.error.code === 'TOPIC_MISSING' ? 'reject' : 'expire';
    case 'unreachable':
    case 'unknown':
      return 'retry';
  }
}

/** Keeps what a failed attempt says of a record that may have another one. Before `decide`, which goes by the attempts. */
export function rememberAttempt(record: ProducerRecord, outcome: Failure): void {
  if (outcome.kind === 'retriable') {
    // A batch in doubt uses up no tries: its pushes end at their deadline, and `ProducerState` says when it does itself.
    if (!outcome.unchanged) record.attempts++;
    record.lastError = outcome.error;
    record.mayHaveBeenWritten ||= outcome.mayHaveBeenWritten;
  } else if (isUnanswered(outcome)) {
    record.lastError = outcome.error;
    record.mayHaveBeenWritten ||= outcome.kind === 'unknown';
  }
}
