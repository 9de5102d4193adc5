import type { KafkaError } from '../model/errors.ts';
import { mustComeAgain, type Outcome } from '../model/outcome.ts';
import { moveTo, type ProducerRecord } from './producer-record.ts';
import { ProducerBatch } from './producer-batch.ts';

export type Batch = ProducerBatch<PartitionQueue>;

/** What one batch may hold. */
export interface SliceLimits {
  /** Bytes, before compression. */
  readonly batchSize: number;
  readonly maxRecordsPerSlice: number;
}

/**
 * The queue of one partition, first in, first out. At most one batch of it is out at a time, and entries leave only
 * from the head and only once settled: that is what keeps the order through every retry.
 */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  leader: number;
  /** Why nothing of it is sent: it has no leader. One for all its records, for each error has a stack trace. */
  obstacle: KafkaError | undefined;
  /** Failures in a row, for the pause before the next try. */
  failures = 0;
  /** A pause was ended since the lane has another leader; nothing was stored since. */
  followed = false;
  /** Waiting out a pause. */
  resting = false;
  /** A record of it ran out of time: new ones need not wait as long before the spool takes them. */
  late = false;
  /** Younger records of it are in the spool alone, above this id; undefined: all there is, is here. */
  tail: number | undefined;
  #entries: ProducerRecord[] = [];
  #head = 0;
  #bytes = 0;
  /** The batch that is out, or that must be sent again as it is: at most one at a time. */
  #batch: Batch | undefined;
  #isOut = false;
  /** Formed while another batch is out, in the hope that it will be the next. */
  #next: Batch | undefined;
  #retired = false;
  /** What a batch may hold while, or since, larger ones were refused. */
  #sliceBytes = Infinity;
  /** The next batch ends with it: what comes behind has not been looked at by the broker, and may hold this up. */
  #endsWith: ProducerRecord | undefined;
  /** While it is looked for what was too large: the last of the batch that was refused first. */
  #searched: { readonly last: ProducerRecord; readonly lasting: boolean } | undefined;

  constructor(topic: string, partition: number, leader: number) {
    this.topic = topic;
    this.partition = partition;
    this.leader = leader;
  }

  get ready(): boolean {
    return !this.#isOut && !this.resting && this.#head < this.#entries.length;
  }

  /** A batch of it must be sent again, whatever became of its pushes. */
  get inDoubt(): boolean {
    return this.#batch?.inDoubt === true;
  }

  /** The oldest that is not done. */
  get oldest(): ProducerRecord | undefined {
    for (let index = this.#head; index < this.#entries.length; index++) {
      const entry = this.#entries[index];
      if (entry?.state !== 'done') return entry;
    }
    return undefined;
  }

  /** Nothing of it is out, and nothing waits. */
  get idle(): boolean {
    return !this.#isOut && this.#head === this.#entries.length;
  }

  /** Entries that wait or are out, settled ones behind the head included. */
  get length(): number {
    return this.#entries.length - this.#head;
  }

  /** How many of them are not out. */
  get waiting(): number {
    return this.length - (this.#isOut ? (this.#batch?.entries.length ?? 0) : 0);
  }

  /** Of all of them, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  push(entry: ProducerRecord): void {
    if (entry.state !== 'queued') moveTo(entry, 'queued');
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
  }

  /** The unsettled entries, oldest first. */
  *live(): Iterable<ProducerRecord> {
    for (let index = this.#head; index < this.#entries.length; index++) {
      const entry = this.#entries[index];
      if (entry !== undefined && entry.state !== 'done') yield entry;
    }
  }

  /** Takes what must come again, or the longest head that fits, at least one entry. Undefined when nothing waits. */
  take(limits: SliceLimits): Batch | undefined {
    const batch = this.#batch ?? this.#takeNew(limits);
    for (const entry of batch?.entries ?? []) if (entry.state === 'queued') moveTo(entry, 'in-flight');
    this.#batch = batch;
    this.#isOut = batch !== undefined;
    return batch;
  }

  #takeNew(limits: SliceLimits): Batch | undefined {
    this.#dropHead();
    const prepared = this.#next;
    this.#next = undefined;
    return prepared && this.#mayGo(prepared, limits) ? prepared : this.#form(limits);
  }

  /**
   * The batch that will be taken next, if the one that is out is stored and nothing happens to this one meanwhile: for
   * whoever can begin with it already. Undefined when nothing waits, it was asked for before, or an old one goes first.
   */
  prepare(limits: SliceLimits): Batch | undefined {
    const oldFirst = this.inDoubt && !this.#isOut;
    if (this.resting || oldFirst || this.#next !== undefined) return undefined;
    this.#next = this.#form(limits);
    return this.#next;
  }

  /** The longest run of entries that fits, from the first that is neither settled nor out. */
  #form({ batchSize, maxRecordsPerSlice }: SliceLimits): Batch | undefined {
    // It expired, or was taken by another: the search has no end of its own.
    if (this.#searched?.last.state === 'done') this.unhalve();
    const maxBytes = Math.min(batchSize, this.#sliceBytes);
    const entries: ProducerRecord[] = [];
    let bytes = 0;
    if (this.#endsWith?.state === 'done') this.#endsWith = undefined;
    for (let index = this.#head; index < this.#entries.length; index++) {
      const entry = this.#entries[index];
      if (entry?.state !== 'queued') continue;
      const full = bytes + entry.bytes > maxBytes || entries.length >= maxRecordsPerSlice;
      if (full && entries.length > 0) break;
      entries.push(entry);
      bytes += entry.bytes;
      if (entry === this.#endsWith) break;
    }
    if (entries.length === 0) return undefined;
    return new ProducerBatch(this, entries, bytes);
  }

  /** It is the head, nobody gave up on any of it, it is not too large, and not much smaller than what waits by now. */
  #mayGo({ entries, bytes }: Batch, { batchSize, maxRecordsPerSlice }: SliceLimits): boolean {
    if (entries[0] !== this.#entries[this.#head] || entries.some(({ state }) => state === 'done'))
      return false;
    if (bytes > this.#sliceBytes) return false;
    return entries.length * 2 >= Math.min(this.length, maxRecordsPerSlice) || bytes * 2 >= batchSize;
  }

  /**
   * The batch that was out is back: what of it is settled leaves, the rest is the head again. If it must come again
   * unchanged, all of it stays; when it was never sent, what held of it before holds on.
   * @returns what a retired lane still held
   */
  giveBack(outcome: Outcome): ProducerRecord[] {
    if (outcome.kind !== 'unreachable') {
      if (this.#batch) this.#batch.inDoubt = mustComeAgain(outcome);
    }
    this.#isOut = false;
    if (!this.inDoubt) this.#batch = undefined;
    if (this.#searched?.lasting && this.#searched.last.state === 'done' && outcome.kind === 'stored') {
      // All of it was stored in pieces: the topic takes no more at once.
      this.#searched = undefined;
    }
    this.#dropHead();
    return this.#retired ? this.retire() : [];
  }

  /**
   * The batch was refused as a whole: the next is at most half as large, until its culprit is found, or all of it has left.
   * @param lasting its size was the reason: what is found to fit is kept to from then on
   */
  halve({ entries, bytes }: Batch, lasting: boolean): void {
    const last = entries.at(-1);
    if (last) this.#searched ??= { last, lasting };
    this.#sliceBytes = Math.max(1, Math.floor(bytes / 2));
  }

  /**
   * Bad records were taken out of the batch: the broker would take the others, and gets these alone. Together with younger
   * ones they would be refused again for each bad one among those.
   */
  sendRestAlone({ entries }: Batch): void {
    this.#endsWith = entries.findLast(({ state }) => state !== 'done');
  }

  /** The single record that was too large is gone; what comes next is not its fault. */
  unhalve(): void {
    this.#searched = undefined;
    this.#sliceBytes = Infinity;
  }

  /**
   * The partition is no more (its topic came back with fewer): hands over what waits, to be routed anew. While a batch
   * is out everything stays, for the batch goes first; `giveBack` then hands it over. What should have come again
   * unchanged has no partition to come to.
   */
  retire(): ProducerRecord[] {
    this.#retired = true;
    if (this.#isOut) return [];
    this.#batch = undefined;
    const entries = [...this.live()];
    this.#entries = [];
    this.#head = 0;
    this.#bytes = 0;
    return entries;
  }

  /**
   * Lets go of the youngest entries that the spool has as well, but for `room` bytes of the oldest. What was once sent
   * stays: an idempotent producer must send the same again.
   */
  evict(room: number): ProducerRecord[] {
    const live = [...this.live()];
    let first = live.length;
    for (; first > 0; first--) {
      const entry = live[first - 1];
      if (entry?.durability !== 'disk' || entry.state === 'in-flight' || entry.mayHaveBeenWritten) break;
    }
    let bytes = 0;
    for (let index = 0; index < live.length && bytes < room; index++) {
      bytes += live[index]?.bytes ?? 0;
      first = Math.max(first, index + 1);
    }
    const evicted = live.slice(first);
    const [oldest] = evicted;
    if (oldest === undefined) return evicted;
    this.#next = undefined;
    for (const { bytes } of this.#entries.splice(this.#entries.indexOf(oldest, this.#head)))
      this.#bytes -= bytes;
    return evicted;
  }

  /**
   * Lets go of what was settled where it waits: nobody takes from a lane without a leader, and one whose batch is in doubt
   * keeps its head.
   */
  dropSettled(): void {
    const batch = new Set(this.#batch?.entries);
    const stays = (entry: ProducerRecord) => entry.state !== 'done' || batch.has(entry);
    this.#entries = this.#entries.slice(this.#head).filter(stays);
    this.#head = 0;
    this.#bytes = this.#entries.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #dropHead(): void {
    if (this.inDoubt) return;
    for (
      let entry = this.#entries[this.#head];
      entry?.state === 'done';
      entry = this.#entries[++this.#head]
    ) {
      this.#bytes -= entry.bytes;
    }
    if (this.#head === this.#entries.length) {
      this.#entries = [];
      this.#head = 0;
    } else if (this.#head > 1_024 && this.#head * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#head);
      this.#head = 0;
    }
  }
}
