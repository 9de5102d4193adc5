import type { KafkaError } from '../model/errors.ts';
import { unknownTopic, type KafkaRecord } from '../model/record.ts';
import type { Completion } from './completion.ts';
import { producerErrors } from './errors.ts';
import { createProducerRecord, moveTo, type ProducerRecord } from './producer-record.ts';
import type { Shared } from './shared.ts';

/** Of the time of a push, for its mapping values: what waits behind them has to be sent in the rest. */
const share = 1 / 4;

/** How long mapping values may take, in milliseconds. @param timeout how long a push waits for Kafka */
export function resolutionTimeout(timeout: number): number {
  return timeout * share;
}

interface Waiting {
  readonly record: ProducerRecord;
  /** What is sent; undefined until it is known. */
  content: KafkaRecord | undefined;
  error: KafkaError | undefined;
}

/**
 * Where records wait for mapping values that give their key, headers or topic, and behind them all younger ones of the same
 * topic: any of those may be of the same key, which nobody knows yet. All are resolved at the same time, and leave in the order
 * of their pushes. A record without a key waits for no other.
 */
export class Resolution {
  readonly #completion: Completion;
  readonly #shared: Shared;
  /** Passes on together what has waited together. */
  readonly #onward: (records: readonly ProducerRecord[]) => void;
  /** By topic, first in, first out. All are in that of the unknown topic while there is one. */
  #lines = new Map<string, Waiting[]>();
  /** How many wait whose topic is not known: it may be that of any other. */
  #topicless = 0;
  /** Of those that wait here: `bufferMemory` at most. */
  #bytes = 0;

  constructor(completion: Completion, shared: Shared, onward: (records: readonly ProducerRecord[]) => void) {
    this.#completion = completion;
    this.#shared = shared;
    this.#onward = onward;
  }

  /** @returns false where the record need not wait */
  add(record: ProducerRecord): boolean {
    const { resolve, key, topic } = record.content;
    if (resolve === undefined && (key === null || !this.#lines.has(this.#lineOf(topic)))) return false;
    const { bufferMemory } = this.#shared.settings;
    if (this.#bytes + record.bytes > bufferMemory) {
      this.#completion.fail(record, producerErrors.unresolvedFull(record, bufferMemory));
      return true;
    }
    moveTo(record, 'unresolved');
    this.#bytes += record.bytes;
    const waiting: Waiting = { record, content: resolve ? undefined : record.content, error: undefined };
    if (topic === unknownTopic && this.#topicless++ === 0) this.#regroup();
    const name = this.#lineOf(topic);
    const line = this.#lines.get(name);
    if (line === undefined) this.#lines.set(name, [waiting]);
    else line.push(waiting);
    resolve?.().then(
      (content) => this.#resolved(waiting, content, undefined),
      // The record promises KafkaErrors.
      (error: unknown) => this.#resolved(waiting, undefined, error as KafkaError),
    );
    return true;
  }

  /** Gives up those whose mapping values have taken too long. @param now on the producer's clock */
  tend(now: number): void {
    const timeout = resolutionTimeout(this.#shared.timeout);
    for (const line of this.#lines.values())
      for (const { record, content, error } of line) {
        if (now < record.deadline - this.#shared.timeout + timeout) break;
        if (content === undefined && error === undefined)
          this.#completion.reject(record, producerErrors.unresolved(record, timeout));
      }
    this.#advanceAll();
  }

  #lineOf(topic: string): string {
    return this.#topicless > 0 ? unknownTopic : topic;
  }

  /** Lines stay by age: `tend` ends with the first that has time left. */
  #regroup(): void {
    const all = [...this.#lines.values()].flat().sort((one, other) => one.record.id - other.record.id);
    this.#lines = Map.groupBy(all, ({ record }) => this.#lineOf(record.content.topic));
  }

  #resolved(waiting: Waiting, content: KafkaRecord | undefined, error: KafkaError | undefined): void {
    waiting.content = content;
    waiting.error = error;
    const name = this.#lineOf(waiting.record.content.topic);
    if (this.#lines.get(name)?.[0] === waiting) this.#advance(name);
  }

  #advanceAll(): void {
    for (const name of [...this.#lines.keys()]) this.#advance(name);
  }

  #advance(name: string): void {
    const line = this.#lines.get(name) ?? [];
    const before = this.#topicless;
    const passed: ProducerRecord[] = [];
    let gone = 0;
    for (const { record, content, error } of line) {
      if (record.state !== 'done') {
        if (content !== undefined) passed.push(this.#successor(record, content));
        else if (error !== undefined) this.#completion.reject(record, error);
        else break;
      }
      this.#bytes -= record.bytes;
      if (record.content.topic === unknownTopic) this.#topicless--;
      gone++;
    }
    line.splice(0, gone);
    if (line.length === 0) this.#lines.delete(name);
    if (passed.length > 0) this.#onward(passed);
    if (this.#topicless > 0 || before === 0) return;
    this.#regroup();
    this.#advanceAll();
  }

  /** One that was resolved has another size: a record of its own takes its place. */
  #successor(record: ProducerRecord, content: KafkaRecord): ProducerRecord {
    const id = this.#shared.live.nextId();
    if (content === record.content) {
      record.id = id;
      return record;
    }
    const successor = createProducerRecord(id, content, record.deadline, record.callback);
    this.#shared.live.replace(record, successor);
    return successor;
  }
}
