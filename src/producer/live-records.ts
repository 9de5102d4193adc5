import { atMost, type Clock } from './clock.ts';
import type { ProducerRecord } from './producer-record.ts';

/** A doubly linked list through the entries themselves: nothing is allocated for a record, and any may leave at once. */
interface List {
  oldest: ProducerRecord | undefined;
  newest: ProducerRecord | undefined;
}

/**
 * Every record that is not done, by age. It serves expiry, close and health.
 *
 * All records have the same time from their push, so the oldest expires first, and a sweep looks only at those that are overdue.
 * Two kinds of record would break that order. A dead letter has the deadline of its record: it takes its place. A record
 * that the disk has needs no deadline: it moves to a list of its own.
 */
export class LiveRecords {
  readonly #timed: List = { oldest: undefined, newest: undefined };
  readonly #durable: List = { oldest: undefined, newest: undefined };
  #count = 0;
  #bytes = 0;
  #onNone: (() => void) | undefined;

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(entry: ProducerRecord): void {
    this.#insert(entry, this.#listOf(entry), undefined);
  }

  /** Adds a record that answers for another one: it takes its place, if that has a deadline, and the other one leaves. */
  replace(entry: ProducerRecord, successor: ProducerRecord): void {
    if (entry.deadline === successor.deadline) this.#insert(successor, this.#listOf(entry), entry);
    else this.add(successor);
    this.delete(entry);
  }

  /** The disk has it: it does not expire. */
  endDeadline(entry: ProducerRecord): void {
    this.#unlink(entry);
    entry.deadline = Infinity;
    this.add(entry);
  }

  delete(entry: ProducerRecord): void {
    this.#unlink(entry);
    if (this.#count === 0) this.#onNone?.();
  }

  /** Those whose deadline has passed, oldest first. */
  overdue(now: number): ProducerRecord[] {
    const overdue: ProducerRecord[] = [];
    for (let entry = this.#timed.oldest; entry !== undefined && entry.deadline <= now; entry = entry.newer)
      overdue.push(entry);
    return overdue;
  }

  /** A copy of all of them, for `close`. */
  all(): ProducerRecord[] {
    const all: ProducerRecord[] = [];
    for (const { oldest } of [this.#durable, this.#timed])
      for (let entry = oldest; entry !== undefined; entry = entry.newer) all.push(entry);
    return all;
  }

  /** Resolves when there is none any more, at the latest after `timeout` milliseconds. */
  none(timeout: number, clock: Clock): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return atMost(clock, timeout, (done) => (this.#onNone = done));
  }

  #listOf({ deadline }: ProducerRecord): List {
    return deadline === Infinity ? this.#durable : this.#timed;
  }

  /** @param before undefined: as the newest */
  #insert(entry: ProducerRecord, list: List, before: ProducerRecord | undefined): void {
    const older = before === undefined ? list.newest : before.older;
    entry.older = older;
    entry.newer = before;
    if (older === undefined) list.oldest = entry;
    else older.newer = entry;
    if (before === undefined) list.newest = entry;
    else before.older = entry;
    this.#count++;
    this.#bytes += entry.bytes;
  }

  #unlink(entry: ProducerRecord): void {
    const { older, newer } = entry;
    const list = this.#listOf(entry);
    if (older === undefined) list.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) list.newest = older;
    else newer.older = older;
    entry.older = undefined;
    entry.newer = undefined;
    this.#count--;
    this.#bytes -= entry.bytes;
  }
}
