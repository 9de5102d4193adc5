import { KafkaError } from '../model/errors.ts';
import type { Outcome } from '../model/outcome.ts';
import type { BatchSequence, Slice } from '../model/partition.ts';
import { kafkaErrors } from '../protocol/kafka-errors.ts';
import { isSequenceLost, outcomeOfCode } from './errors/broker-errors.ts';
import { brokerCode } from './errors/connection-errors.ts';
import { idempotenceUnauthorised, noOutcome, unreachable } from './errors/messages.ts';
import { operations } from './errors/operations.ts';
import { laneOf, type ProducerId } from './wire.ts';

export interface IdempotentParts {
  /** One request per leader; no retries. */
  readonly send: (slices: readonly Slice[]) => Promise<Outcome[]>;
  /** Asks the cluster for a new producer id. */
  readonly register: () => Promise<ProducerId>;
  /** For how many milliseconds records of unknown fate are sent again under their old numbers. */
  readonly patience: number;
}

/** A producer's id, and the next sequence number of each lane under it. */
interface Stamp extends ProducerId {
  readonly sequences: Map<string, number>;
}

/** The sequence of a batch, and when it was first sent under it. */
interface Attempt extends BatchSequence {
  readonly stamp: Stamp;
  readonly since: number;
}

/** What was sent under which number. It outlives a client: the one that replaces it goes on from there. */
export class IdempotentMemory {
  registration: Promise<Stamp> | undefined;
  /** What the registration brought. */
  stamp: Stamp | undefined;
  /** What became of these nobody knows, by lane. At most one each, for a lane has one request out. */
  readonly doubts = new Map<string, Attempt>();
}

/**
 * Lost acknowledgements make no duplicates: the broker knows a batch it has by producer id and sequence number.
 *
 * - A slice that was stored moves its lane's number on. One that certainly was not leaves it where it is, so that the
 *   caller may cut its records anew.
 * - One of unknown fate goes back with the word that it must come again `unchanged`: it is sent under its old number, until
 *   the broker says what became of it. Cut otherwise it would be taken for a different batch. Nothing waits for it here: its
 *   neighbours are told at once.
 * - When its fate stays unknown (that takes too long, the broker has a last word other than "stored", or other records come
 *   in its place), the producer id is given up. The number might belong to the records or to their successors, and the
 *   broker would drop the wrong ones, calling them duplicates.
 * - What is in doubt in other lanes then goes on under the id it was sent with: of those the broker still knows.
 *
 * Callers keep one request per lane outstanding; requests for different lanes may overlap.
 */
export class IdempotentSender {
  readonly #parts: IdempotentParts;
  readonly #memory: IdempotentMemory;

  constructor(parts: IdempotentParts, memory: IdempotentMemory) {
    this.#parts = parts;
    this.#memory = memory;
  }

  async produce(slices: readonly Slice[]): Promise<Outcome[]> {
    // Not the wall clock: set back by an hour, it would keep the lane for that hour.
    const since = performance.now();
    const doubts = slices.map((slice) => this.#doubtAbout(slice));
    // A batch in doubt has its sequence, and needs no new id.
    const { stamp, failure } = doubts.includes(undefined) ? await this.#registered() : {};
    const attempts = slices.map((slice, index) => doubts[index] ?? (stamp && attemptOf(slice, stamp, since)));
    slices.forEach((slice, index) => (slice.sequence = attempts[index]));
    const sent = slices.filter((_, index) => attempts[index] !== undefined);
    const answers = (sent.length === 0 ? [] : await this.#send(sent)).values();
    return slices.map((slice, index) => {
      const attempt = attempts[index];
      const answer = attempt && answers.next().value;
      return answer ? this.#judge(slice, attempt, answer) : notRegistered(failure, slice.topic);
    });
  }

  /** Whatever goes wrong, a number that was sent is judged. */
  async #send(sent: readonly Slice[]): Promise<Outcome[]> {
    try {
      return await this.#parts.send(sent);
    } catch (thrown) {
      return sent.map(({ topic }) => noOutcome(topic, thrown));
    }
  }

  async #registered(): Promise<{ readonly stamp?: Stamp; readonly failure?: unknown }> {
    try {
      return { stamp: await this.#registration() };
    } catch (failure) {
      return { failure };
    }
  }

  /** What is in doubt of the slice's lane: this very batch, or the id is no more. */
  #doubtAbout(slice: Slice): Attempt | undefined {
    const { doubts } = this.#memory;
    const lane = laneOf(slice.topic, slice.partition);
    const doubt = doubts.get(lane);
    if (doubt === undefined || doubt === slice.sequence) return doubt;
    doubts.delete(lane);
    this.#giveUp(doubt.stamp);
    return undefined;
  }

  #judge(slice: Slice, attempt: Attempt, answer: Outcome): Outcome {
    const { stamp, since, firstSequence } = attempt;
    const { doubts } = this.#memory;
    const lane = laneOf(slice.topic, slice.partition);
    const sentBefore = doubts.delete(lane);
    slice.sequence = undefined;
    const outcome = sentBefore ? secondAnswer(answer) : answer;
    if (outcome.kind === 'stored') {
      // Sequence numbers have 31 bits and begin again at 0.
      stamp.sequences.set(lane, (firstSequence + slice.records.length) & 0x7fffffff);
      return outcome;
    }
    const doubtful = isDoubtful(outcome);
    if (doubtful && performance.now() - since < this.#parts.patience) {
      doubts.set(lane, attempt);
      slice.sequence = attempt;
      // The leader that did not answer, or not well, may have been replaced.
      if (outcome.kind === 'retriable') return { ...outcome, refresh: true, unchanged: true };
      return { ...outcome, unchanged: true };
    }
    if (sentBefore || doubtful || isSequenceLost(outcome)) this.#giveUp(stamp);
    return outcome;
  }

  #registration(): Promise<Stamp> {
    const memory = this.#memory;
    memory.registration ??= this.#parts.register().then(
      (id) => (memory.stamp = { ...id, sequences: new Map<string, number>() }),
      (failure: unknown) => {
        memory.registration = undefined;
        throw failure;
      },
    );
    return memory.registration;
  }

  #giveUp(stamp: Stamp): void {
    const memory = this.#memory;
    if (memory.stamp !== stamp) return;
    memory.stamp = undefined;
    memory.registration = undefined;
  }
}

function attemptOf({ topic, partition }: Slice, stamp: Stamp, since: number): Attempt {
  const { producerId, producerEpoch, sequences } = stamp;
  const firstSequence = sequences.get(laneOf(topic, partition)) ?? 0;
  return { producerId, producerEpoch, firstSequence, stamp, since };
}

type Doubtful = Extract<Outcome, { kind: 'unknown' | 'retriable' }>;

/**
 * A broker that has lost the sequence does not have the records either: no use in asking again under it. One that does not
 * know the partition may have started a moment ago.
 */
function isDoubtful(outcome: Outcome): outcome is Doubtful {
  if (isSequenceLost(outcome)) return false;
  return outcome.kind === 'unknown' || (outcome.kind === 'retriable' && outcome.mayHaveBeenWritten);
}

/** "Not now" to records sent before says nothing about the first time, nor does "never", nor that they cannot be encoded now. */
function secondAnswer(outcome: Outcome): Outcome {
  const ours = outcome.kind === 'too-large' && outcome.error.kafkaCode === undefined;
  if (ours) return { kind: 'unknown', error: outcome.error };
  switch (outcome.kind) {
    case 'stored':
    case 'unknown':
      return outcome;
    case 'retriable':
      return { ...outcome, mayHaveBeenWritten: true };
    case 'unreachable':
      return { kind: 'unknown', error: outcome.error };
    case 'too-large':
      return { kind: 'too-large', error: maybeWritten(outcome.error) };
    case 'rejected': {
      const error = maybeWritten(outcome.error);
      if (outcome.named === undefined) return { kind: 'rejected', error };
      const named = new Map([...outcome.named].map(([index, why]) => [index, maybeWritten(why)]));
      return { kind: 'rejected', error, named };
    }
  }
}

function maybeWritten({ code, message, topic, kafkaCode, cause }: KafkaError): KafkaError {
  const told = `${message} An earlier request may have written these records.`;
  return new KafkaError(code, told, { topic, kafkaCode, mayHaveBeenWritten: true, cause });
}

function notRegistered(failure: unknown, topic: string): Outcome {
  const code = brokerCode(failure);
  if (code === kafkaErrors.CLUSTER_AUTHORIZATION_FAILED) {
    return { kind: 'rejected', error: idempotenceUnauthorised(topic, failure) };
  }
  if (code !== undefined)
    return outcomeOfCode(code, topic, { operation: operations.producerId, cause: failure });
  const error = failure instanceof KafkaError ? failure : unreachable('the configured brokers', failure);
  return { kind: error.code === 'DESTINATION_CLOSED' ? 'rejected' : 'unreachable', error };
}
