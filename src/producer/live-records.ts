import type { KafkaError } from '../model/errors.ts';
import type { BufferPool } from './buffer-pool.ts';
import { atMost, type Clock } from './ports.ts';
import { moveTo, type ProducerRecord } from './producer-record.ts';

/** A doubly linked list through the records themselves: nothing is allocated for a record, and any may leave at once. */
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
  readonly #pool: BufferPool;
  readonly #timed: List = { oldest: undefined, newest: undefined };
  readonly #durable: List = { oldest: undefined, newest: undefined };
  #lastId: number;
  #count = 0;
  #bytes = 0;
  #onNone: (() => void) | undefined;

  /** @param lastId the highest id that the spool has */
  constructor(pool: BufferPool, lastId: number) {
    this.#pool = pool;
    this.#lastId = lastId;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Above all others: ids grow in the order in which records enter their queues. */
  nextId(): number {
    return ++this.#lastId;
  }

  add(record: ProducerRecord): void {
    this.#insert(record, this.#listOf(record), undefined);
  }

  /**
   * The record is done: its push is told, and its memory is free. Nothing else tells a push of its record but the disk, which may do
   * it before (`SpooledRecords.#persisted`), and the dead letter in its place (`Completion.reject`).
   */
  end(record: ProducerRecord, error?: KafkaError): void {
    moveTo(record, 'done');
    if (error) record.callback.reject(error);
    else record.callback.resolve();
    this.#pool.release(record);
    this.#delete(record);
  }

  /**
   * The record is done, and another one answers for it from here on: that one takes its place, if it has the same deadline.
   */
  replace(record: ProducerRecord, successor: ProducerRecord): void {
    moveTo(record, 'done');
    if (record.deadline === successor.deadline) this.#insert(successor, this.#listOf(record), record);
    else this.add(successor);
    this.#pool.release(record);
    this.#delete(record);
  }

  /** The disk has the record: it does not expire. */
  endDeadline(record: ProducerRecord): void {
    this.#unlink(record);
    record.deadline = Infinity;
    this.add(record);
  }

  /** Those whose deadline has passed, oldest first. */
  overdue(now: number): ProducerRecord[] {
    const overdue: ProducerRecord[] = [];
    for (let record = this.#timed.oldest; record !== undefined; record = record.newer) {
      if (record.deadline > now) break;
      overdue.push(record);
    }
    return overdue;
  }

  /** A copy of all of them, for `close`. */
  all(): ProducerRecord[] {
    const all: ProducerRecord[] = [];
    for (const { oldest } of [this.#durable, this.#timed])
      for (let record = oldest; record !== undefined; record = record.newer) all.push(record);
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
  #insert(record: ProducerRecord, list: List, before: ProducerRecord | undefined): void {
    const older = before === undefined ? list.newest : before.older;
    record.older = older;
    record.newer = before;
    if (older === undefined) list.oldest = record;
    else older.newer = record;
    if (before === undefined) list.newest = record;
    else before.older = record;
    this.#count++;
    this.#bytes += record.bytes;
  }

  #delete(record: ProducerRecord): void {
    this.#unlink(record);
    if (this.#count === 0) this.#onNone?.();
  }

  #unlink(record: ProducerRecord): void {
    const { older, newer } = record;
    const list = this.#listOf(record);
    if (older === undefined) list.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) list.newest = older;
    else newer.older = older;
    record.older = undefined;
    record.newer = undefined;
    this.#count--;
    this.#bytes -= record.bytes;
  }
}
