import { KafkaError } from '../../vocabulary/errors.ts';
import type { Outcome } from '../../vocabulary/outcome.ts';
import type { Slice, TopicLayout } from '../../vocabulary/partition.ts';
import { isSequenceLost, outcomeOfCode } from '../errors/broker-errors.ts';
import { brokerCode } from '../errors/connection-errors.ts';
import { idempotenceUnauthorised, unreachable } from '../errors/messages.ts';
import { laneOf, type ProducerId, type Stamp } from './wire.ts';

export interface IdempotentParts {
  /** One request per leader, stamped; no retries. */
  readonly send: (slices: readonly Slice[], stamp: Stamp) => Promise<Outcome[]>;
  /** Asks the cluster for a new producer id. */
  readonly register: () => Promise<ProducerId>;
  readonly locate: (topic: string) => Promise<TopicLayout>;
  /** For how many milliseconds records of unknown fate are sent again under their old numbers. */
  readonly patience: number;
}

const pause = 200;
/** Kafka's CLUSTER_AUTHORIZATION_FAILED. */
const clusterUnauthorised = 31;

/**
 * Lost acknowledgements make no duplicates: the broker knows a batch it has by producer id and sequence number.
 *
 * - A slice that was stored moves its lane's number on. One that certainly was not leaves it where it is, so that the
 *   caller may cut its records anew.
 * - One of unknown fate is sent again here, unchanged, under its old number, until the broker says what became of it: cut
 *   otherwise it would be taken for a different batch.
 * - When that takes too long, the producer id is given up. The number might belong to the records or to their
 *   successors, and the broker would drop the wrong ones, calling them duplicates.
 *
 * Callers keep one request per lane outstanding; requests for different lanes may overlap.
 */
export class IdempotentSender {
  readonly #parts: IdempotentParts;
  #stamp: Promise<Stamp> | undefined;

  constructor(parts: IdempotentParts) {
    this.#parts = parts;
  }

  async produce(slices: readonly Slice[]): Promise<Outcome[]> {
    // Not the wall clock: set back by an hour, it would keep the lane for that hour.
    const started = performance.now();
    const registration = this.#registration();
    let stamp: Stamp;
    try {
      stamp = await registration;
    } catch (failure) {
      return slices.map(({ topic }) => notRegistered(failure, topic));
    }

    const outcomes = await this.#attempt(slices, stamp);
    for (;;) {
      const doubtful = slices.filter((_, index) => isDoubtful(outcomes[index]));
      if (doubtful.length === 0) break;
      if (performance.now() - started + pause > this.#parts.patience) {
        this.#giveUp(registration);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
      await this.#locate(doubtful);
      const answers = await this.#attempt(doubtful, stamp);
      answers.forEach((answer, index) => {
        const slice = doubtful[index];
        if (slice !== undefined) outcomes[slices.indexOf(slice)] = secondAnswer(answer);
      });
    }
    if (outcomes.some(isSequenceLost)) this.#giveUp(registration);
    return outcomes;
  }

  #registration(): Promise<Stamp> {
    if (this.#stamp === undefined) {
      const stamp = this.#parts.register().then((id): Stamp => ({ ...id, sequences: new Map() }));
      stamp.catch(() => this.#giveUp(stamp));
      this.#stamp = stamp;
    }
    return this.#stamp;
  }

  #giveUp(registration: Promise<Stamp>): void {
    if (this.#stamp === registration) this.#stamp = undefined;
  }

  async #attempt(slices: readonly Slice[], stamp: Stamp): Promise<Outcome[]> {
    const outcomes = await this.#parts.send(slices, stamp);
    slices.forEach(({ topic, partition, records }, index) => {
      if (outcomes[index]?.kind !== 'stored') return;
      const lane = laneOf(topic, partition);
      // Sequence numbers have 31 bits and begin again at 0.
      stamp.sequences.set(lane, ((stamp.sequences.get(lane) ?? 0) + records.length) & 0x7fffffff);
    });
    return outcomes;
  }

  /** The leader that did not answer may have been replaced. Where that cannot be told, the old one is asked again. */
  async #locate(slices: readonly Slice[]): Promise<void> {
    const topics = new Set(slices.map(({ topic }) => topic));
    await Promise.allSettled([...topics].map((topic) => this.#parts.locate(topic)));
  }
}

/**
 * A broker that has lost the sequence does not have the records either: no use in asking again under it. Neither has a
 * partition that is gone, and the caller's other lanes must not wait for one that may never come back.
 */
function isDoubtful(outcome: Outcome | undefined): boolean {
  if (outcome === undefined || isSequenceLost(outcome) || isPartitionGone(outcome)) return false;
  return outcome.kind === 'unknown' || (outcome.kind === 'retriable' && outcome.mayHaveBeenWritten);
}

function isPartitionGone(outcome: Outcome): boolean {
  return 'error' in outcome && outcome.error.kafkaCode === 'UNKNOWN_TOPIC_OR_PARTITION';
}

/** "Not now" to records sent before says nothing about the first time. */
function secondAnswer(outcome: Outcome): Outcome {
  if (outcome.kind === 'retriable') return { ...outcome, mayHaveBeenWritten: true };
  if (outcome.kind === 'unreachable') return { kind: 'unknown', error: outcome.error };
  if (outcome.kind === 'rejected' && outcome.error.code === 'DESTINATION_CLOSED') {
    const { code, message } = outcome.error;
    return { kind: 'rejected', error: new KafkaError(code, message, { mayHaveBeenWritten: true }) };
  }
  return outcome;
}

function notRegistered(failure: unknown, topic: string): Outcome {
  const code = brokerCode(failure);
  if (code === clusterUnauthorised) {
    return { kind: 'rejected', error: idempotenceUnauthorised(topic, failure) };
  }
  if (code !== undefined) return outcomeOfCode(code, topic, 'while asking for a producer id', failure);
  const error = failure instanceof KafkaError ? failure : unreachable('the configured brokers', failure);
  return { kind: error.code === 'DESTINATION_CLOSED' ? 'rejected' : 'unreachable', error };
}
