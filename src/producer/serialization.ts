import type { KafkaError } from '../model/errors.ts';
import type { Completion } from './completion.ts';
import { producerErrors } from './errors.ts';
import { moveTo, type ProducerRecord } from './producer-record.ts';
import type { Sender } from './sender.ts';
import type { Shared } from './shared.ts';

/**
 * Where records wait for the schema of their value, and with them every later record of the same topic and key, which would
 * overtake them otherwise. Other keys pass.
 */
export class Serialization {
  readonly #sender: Sender;
  readonly #completion: Completion;
  readonly #shared: Shared;
  /** First in, first out, by topic and key. */
  readonly #waiting = new Map<string, ProducerRecord[]>();

  constructor(sender: Sender, completion: Completion, shared: Shared) {
    this.#sender = sender;
    this.#completion = completion;
    this.#shared = shared;
  }

  /** Passes the record on, now or when its turn comes. */
  add(record: ProducerRecord): void {
    const { key: recordKey, pending } = record.content;
    if (pending === undefined && (this.#waiting.size === 0 || recordKey === null))
      return this.#sender.add(record);
    const key = keyOf(record);
    const line = this.#waiting.get(key);
    if (line === undefined && this.#serialize(record)) return;
    // It would have to wait, and there is no memory for it.
    if (!record.held) {
      const { bufferMemory } = this.#shared.settings;
      return this.#completion.fail(record, producerErrors.bufferFull(record, bufferMemory));
    }
    moveTo(record, 'awaiting-schema');
    if (line !== undefined) line.push(record);
    else {
      this.#waiting.set(key, [record]);
      this.#await(record, key);
    }
  }

  /** Passes on those that stood behind a record whose time is over. */
  tend(): void {
    for (const [key, [head]] of this.#waiting) if (head?.state === 'done') this.#advance(key);
  }

  #advance(key: string): void {
    const line = this.#waiting.get(key) ?? [];
    let passed = 0;
    for (const head of line) {
      if (head.state !== 'done' && !this.#serialize(head)) {
        line.splice(0, passed);
        return this.#await(head, key);
      }
      passed++;
    }
    this.#waiting.delete(key);
  }

  /** @returns false where the record has to wait on */
  #serialize(record: ProducerRecord): boolean {
    const { pending } = record.content;
    if (pending !== undefined) {
      try {
        const content = pending.finish(record.content);
        if (content === undefined) return false;
        record.content = content;
      } catch (thrown) {
        // As a dead letter it is what it is now.
        record.content = { ...record.content, pending: undefined };
        // Pending promises KafkaErrors.
        this.#completion.reject(record, thrown as KafkaError);
        return true;
      }
    }
    // Younger records of other keys have passed it, and ids grow along a queue.
    if (record.state === 'awaiting-schema') record.id = this.#shared.live.nextId();
    this.#sender.add(record);
    return true;
  }

  #await(head: ProducerRecord, key: string): void {
    const timeLeft = head.deadline - this.#shared.clock.now();
    // The next sweep ends what has no time left, and passes on the others.
    if (timeLeft <= 0) return;
    void head.content.pending?.changed(timeLeft).then(() => {
      if (this.#waiting.get(key)?.[0] === head) this.#advance(key);
    });
  }
}

/** A topic's name holds no colon. Records without a key wait together. */
function keyOf({ content: { topic, key } }: ProducerRecord): string {
  return key === null ? topic : `${topic}:${key.toString('latin1')}`;
}
