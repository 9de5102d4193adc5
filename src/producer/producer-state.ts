import type { Outcome } from '../model/outcome.ts';
import {
  partitionKey,
  type BatchSequence,
  type ProducerId,
  type PartitionBatch,
} from '../model/partition.ts';
import { isSequenceLost } from '../transport/errors/broker-errors.ts';
import { outcomeWithoutProducerId } from '../transport/produce-outcomes.ts';
import type { BatchesInDoubt } from './batches-in-doubt.ts';
import { producerErrors } from './errors.ts';
import type { ProducerClient, Clock } from './ports.ts';
import type { SequencedBatch } from './producer-batch.ts';

/**
 * How long at least a batch in doubt is sent again under its sequence, in milliseconds; a longer `deliveryTimeout` counts
 * instead, as with Java's producer. It is far more than one request may take: a follower that freezes stalls all
 * acknowledgements for some nine seconds, and a producer that gave up then would store the records twice. A partition without
 * an answer has nothing better to do. It is looked at with each answer: while nobody leads the partition, nothing is. A batch that the disk has is sent again for as long as it takes, unless it cannot be
 * encoded: its records have no deadline.
 */
const shortestDoubt = 120_000;

/** A producer id, and the next sequence of each partition under it. */
interface Identity extends ProducerId {
  readonly nextSequences: Map<string, number>;
}

/** A batch in doubt: under which id it was sent, and when for the first time. */
interface SentInDoubt extends ProducerId {
  readonly since: number;
}

/**
 * What an idempotent producer is known by: its id, and the next sequence of each partition. The broker recognises a batch
 * that it has already by both, so that a lost acknowledgement makes no duplicate. It belongs to the producer: a client may be
 * replaced under it. Without `idempotent` no batch has a sequence.
 *
 * - A batch that was stored advances the sequence of its partition. One that certainly was not stored leaves it, so that its
 *   records may be batched anew.
 * - A batch in doubt (nobody knows whether it is stored) keeps its sequence, and its outcome says that it must come again
 *   `unchanged`: with other boundaries the broker would take it for another batch. Other partitions do not wait for it.
 * - When the doubt stays (for too long; the broker's last word is not "stored"; other records come in its place), the producer
 *   id is given up. The sequence might belong to these records or to their successors, and the broker would drop the wrong
 *   ones as duplicates.
 * - Batches in doubt of other partitions then go on under the id they were sent with: the broker still knows of those.
 *
 * At most one batch of each partition is in flight; requests for different partitions may overlap.
 */
export class ProducerState {
  readonly #client: Pick<ProducerClient, 'produce' | 'initProducerId'>;
  readonly #clock: Clock;
  readonly #idempotent: boolean;
  readonly #notes: BatchesInDoubt | undefined;
  /** Milliseconds. */
  readonly #doubtTimeout: number;
  #registration: Promise<Identity> | undefined;
  /** What the registration brought. */
  #current: Identity | undefined;
  /** The batches in doubt, by partition. */
  readonly #inDoubt = new Map<string, SentInDoubt>();

  constructor(
    client: Pick<ProducerClient, 'produce' | 'initProducerId'>,
    clock: Clock,
    { idempotent, deliveryTimeout = 0 }: { readonly idempotent: boolean; readonly deliveryTimeout?: number },
    notes?: BatchesInDoubt,
  ) {
    this.#client = client;
    this.#clock = clock;
    this.#idempotent = idempotent;
    this.#notes = notes;
    this.#doubtTimeout = Math.max(shortestDoubt, deliveryTimeout);
  }

  /** Asks for the producer id before anything is sent under it. A failure is left to `produce`, which asks again. */
  register(): void {
    if (this.#idempotent) this.#identity().catch(() => undefined);
  }

  /** @returns one outcome per batch, in their order; does not reject */
  async produce(batches: readonly SequencedBatch[]): Promise<Outcome[]> {
    // An earlier process may have left batches in doubt that have a sequence.
    if (!this.#idempotent && batches.every(({ sequence }) => sequence === undefined))
      return this.#send(batches);
    const sentAt = this.#clock.now();
    for (const batch of batches) this.#discardReplaced(batch);
    const failure = await this.#assignSequences(batches.filter(({ sequence }) => sequence === undefined));
    const ready = batches.filter(({ sequence }) => sequence !== undefined || !this.#idempotent);
    await this.#notes?.note(ready);
    const answers = new Map<PartitionBatch, Outcome>();
    if (ready.length > 0)
      (await this.#send(ready)).forEach((answer, index) => {
        const batch = ready[index];
        if (batch) answers.set(batch, answer);
      });
    return batches.map((batch) => {
      const answer = answers.get(batch);
      if (answer === undefined) return outcomeWithoutProducerId(failure, batch.topic);
      return batch.sequence ? this.#settleSequence(batch, batch.sequence, answer, sentAt) : answer;
    });
  }

  /** The port promises an outcome for each. A fault in a client must still strand no partition, and end no process. */
  async #send(batches: readonly PartitionBatch[]): Promise<Outcome[]> {
    let outcomes: readonly Outcome[] = [];
    let fault: unknown;
    try {
      outcomes = await this.#client.produce(batches);
    } catch (thrown) {
      fault = thrown;
    }
    return batches.map(
      ({ topic }, index) =>
        outcomes[index] ?? { kind: 'unknown', error: producerErrors.noOutcome(topic, fault) },
    );
  }

  /** Other records come in the place of a batch in doubt. */
  #discardReplaced({ topic, partition, sequence }: PartitionBatch): void {
    const key = partitionKey(topic, partition);
    const replaced = sequence === undefined ? this.#inDoubt.get(key) : undefined;
    if (replaced === undefined) return;
    this.#inDoubt.delete(key);
    this.#discardId(replaced);
  }

  /** @returns why there is no producer id, and so no sequence */
  async #assignSequences(batches: readonly PartitionBatch[]): Promise<unknown> {
    if (!this.#idempotent || batches.length === 0) return undefined;
    try {
      const { producerId, producerEpoch, nextSequences } = await this.#identity();
      for (const batch of batches) {
        const firstSequence = nextSequences.get(partitionKey(batch.topic, batch.partition)) ?? 0;
        batch.sequence = { producerId, producerEpoch, firstSequence };
      }
      return undefined;
    } catch (failure) {
      return failure;
    }
  }

  #settleSequence(batch: SequencedBatch, sequence: BatchSequence, answer: Outcome, sentAt: number): Outcome {
    const key = partitionKey(batch.topic, batch.partition);
    // One that an earlier process left is in doubt before this one has sent it.
    const doubt = this.#inDoubt.get(key) ?? (batch.inDoubt ? { ...sequence, since: sentAt } : undefined);
    const since = doubt?.since ?? sentAt;
    // Of neither anything is left, unless the batch must come again.
    this.#inDoubt.delete(key);
    batch.sequence = undefined;
    const outcome = doubt ? laterAnswer(answer) : answer;
    if (outcome.kind === 'stored') {
      // Sequences have 31 bits and begin again at 0.
      const next = (sequence.firstSequence + batch.records.length) & 0x7fffffff;
      if (isSameId(this.#current, sequence)) this.#current?.nextSequences.set(key, next);
      return outcome;
    }
    const inDoubt = isInDoubt(outcome);
    const isEndless = batch.noted === true && !isNotEncoded(answer);
    if (inDoubt && (isEndless || this.#clock.now() - since < this.#doubtTimeout)) {
      this.#inDoubt.set(key, { ...sequence, since });
      batch.sequence = sequence;
      // The leader that did not answer, or not well, may have been replaced.
      if (outcome.kind === 'retriable') return { ...outcome, refresh: true, unchanged: true };
      return { ...outcome, unchanged: true };
    }
    if (doubt || inDoubt || isSequenceLost(outcome)) this.#discardId(sequence);
    return outcome;
  }

  #identity(): Promise<Identity> {
    this.#registration ??= this.#client.initProducerId().then(
      (id) => (this.#current = { ...id, nextSequences: new Map<string, number>() }),
      (failure: unknown) => {
        this.#registration = undefined;
        throw failure;
      },
    );
    return this.#registration;
  }

  #discardId(id: ProducerId): void {
    if (!isSameId(this.#current, id)) return;
    this.#current = undefined;
    this.#registration = undefined;
  }
}

function isSameId(one: ProducerId | undefined, other: ProducerId): boolean {
  return one?.producerId === other.producerId && one.producerEpoch === other.producerEpoch;
}

/**
 * A broker that has lost the sequence does not have the records either: no use in asking again under it. Any other "try again" to a batch
 * that was in doubt leaves it so (`laterAnswer`), also of a broker that does not know the partition: it may have started a moment ago.
 */
function isInDoubt(outcome: Outcome): outcome is Extract<Outcome, { kind: 'unknown' | 'retriable' }> {
  if (isSequenceLost(outcome)) return false;
  return outcome.kind === 'unknown' || (outcome.kind === 'retriable' && outcome.mayHaveBeenWritten);
}

/** It failed here, before it was sent. */
function isNotEncoded(outcome: Outcome): boolean {
  return outcome.kind === 'splittable' && outcome.error.kafkaCode === undefined;
}

/**
 * The answer to a batch that was in doubt. A later refusal does not prove that the first attempt failed, nor does a later
 * failure to connect or to encode.
 */
function laterAnswer(outcome: Outcome): Outcome {
  switch (outcome.kind) {
    case 'stored':
    case 'unknown':
      return outcome;
    case 'retriable':
      return { ...outcome, mayHaveBeenWritten: true };
    case 'unreachable':
      return { kind: 'unknown', error: outcome.error };
    case 'splittable':
      if (isNotEncoded(outcome)) return { kind: 'unknown', error: outcome.error };
      return { kind: 'splittable', error: producerErrors.batchRejected(outcome.error) };
    case 'rejected': {
      const error = producerErrors.batchRejected(outcome.error);
      if (outcome.named === undefined) return { kind: 'rejected', error };
      const named = new Map(
        [...outcome.named].map(([index, why]) => [index, producerErrors.batchRejected(why)]),
      );
      return { kind: 'rejected', error, named };
    }
  }
}
