import assert from 'node:assert/strict';
import type { KafkaError } from '../../src/model/errors.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import type { PartitionBatch } from '../../src/model/partition.ts';
import { noProducerId } from '../unit/producer/harness.ts';
import { outcomeOf, type Answer } from '../unit/producer/answers.ts';
import type { FakeClock } from './fake-clock.ts';

export interface BrokerScript {
  readonly clock: FakeClock;
  /** To one request each, and how many milliseconds it takes. Afterwards all is stored, in a millisecond. */
  readonly answers: readonly { readonly answer: Answer; readonly latency: number }[];
  readonly leaders: (topic: string) => readonly number[];
  /** In place of metadata. */
  readonly metadataError?: (topic: string) => KafkaError | undefined;
  /** What keeps a batch from the log, whatever the script says. */
  readonly refuse?: (batch: PartitionBatch) => Outcome | undefined;
  /** Said of a batch unless the script has it unreachable. */
  readonly tooLarge?: (batch: PartitionBatch) => KafkaError | undefined;
  /** Appends a batch to the log. */
  readonly store?: (batch: PartitionBatch) => void;
  /** A batch of unknown fate is stored once, and must come again as it was, before all else of its partition. */
  readonly idempotent?: boolean;
}

/** The cluster of the property suites: answers as the script says, and holds the producer to the rules of its requests. */
export class FakeBroker {
  /** Requests that are out now. */
  requests = 0;
  /** Requests that came in all. */
  asked = 0;
  /** Batches of unknown fate that came again. */
  repeated = 0;
  /** Batches that came after they had been begun with while another one was out. */
  ahead = 0;
  readonly initProducerId = noProducerId;
  readonly #script: BrokerScript;
  readonly #out = new Set<string>();
  readonly #doubts = new Map<
    string,
    { readonly records: PartitionBatch['records']; readonly written: boolean }
  >();
  readonly #prepared = new WeakSet<readonly unknown[]>();

  constructor(script: BrokerScript) {
    this.#script = script;
  }

  readonly metadata = async (topic: string): Promise<{ leaders: readonly number[] }> => {
    const { metadataError, leaders } = this.#script;
    const error = metadataError?.(topic);
    return error === undefined ? { leaders: leaders(topic) } : Promise.reject(error);
  };

  readonly prepare = (batches: readonly PartitionBatch[]): void => {
    for (const { records } of batches) this.#prepared.add(records);
  };

  readonly produce = async (batches: readonly PartitionBatch[]): Promise<Outcome[]> => {
    const { answer, latency } = this.#script.answers[this.asked++] ?? { answer: 'stored', latency: 1 };
    for (const batch of batches) {
      assert.ok(!this.#out.has(placeOf(batch)), 'a partition has at most one request out');
      this.#out.add(placeOf(batch));
      if (this.#prepared.has(batch.records)) this.ahead++;
    }
    this.requests++;
    await new Promise<void>((resolve) => this.#script.clock.after(latency, resolve));
    this.requests--;
    for (const batch of batches) this.#out.delete(placeOf(batch));
    return batches.map((batch) => this.#outcomeOf(batch, answer));
  };

  /** What the client tells; with `idempotent` also as `ProducerState` does: a later failure leaves a doubt as it is. */
  #outcomeOf(batch: PartitionBatch, answer: Answer): Outcome {
    const outcome = this.#script.refuse?.(batch) ?? this.#answerTo(batch, answer);
    if (this.#script.idempotent !== true || !this.#doubts.has(placeOf(batch))) return outcome;
    if (outcome.kind === 'unreachable') return { ...outcome, kind: 'unknown', unchanged: true };
    return outcome.kind === 'retriable' ? { ...outcome, unchanged: true, mayHaveBeenWritten: true } : outcome;
  }

  #answerTo(batch: PartitionBatch, answer: Answer): Outcome {
    const { tooLarge, store, idempotent = false } = this.#script;
    const place = placeOf(batch);
    const doubt = this.#doubts.get(place);
    if (doubt !== undefined) {
      assert.equal(batch.records, doubt.records, 'what is in doubt comes again as it was, before all else');
      this.repeated++;
    }
    const error = answer === 'unreachable' ? undefined : tooLarge?.(batch);
    if (error !== undefined) return { kind: 'splittable', error };
    const isWritten = doubt?.written === true;
    if ((answer === 'stored' || answer === 'lost-answer') && !isWritten) store?.(batch);
    const outcome = outcomeOf(answer);
    if (!idempotent) return outcome;
    if (outcome.kind === 'stored' || outcome.kind === 'rejected') this.#doubts.delete(place);
    if (outcome.kind !== 'unknown') return outcome;
    this.#doubts.set(place, { records: batch.records, written: isWritten || answer === 'lost-answer' });
    return { ...outcome, unchanged: true };
  }
}

const placeOf = ({ topic, partition }: PartitionBatch): string => `${topic} ${partition}`;
