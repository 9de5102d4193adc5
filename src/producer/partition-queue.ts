import type { KafkaError } from '../model/errors.ts';
import { isUnanswered, mustComeAgain, type Outcome } from '../model/outcome.ts';
import { noLeader } from '../model/partition.ts';
import type { RecoveredBatch } from './batches-in-doubt.ts';
import { producerErrors } from './errors.ts';
import type { BatchLimits } from './ports.ts';
import { moveTo, type ProducerRecord } from './producer-record.ts';
import { ProducerBatch } from './producer-batch.ts';

export type Batch = ProducerBatch<PartitionQueue>;

/** An outcome after which the batch is tried again. */
export type RetriedOutcome = Extract<Outcome, { kind: 'retriable' | 'unreachable' | 'unknown' }>;

/**
 * The queue of one partition, first in, first out. At most one batch of it is out at a time, and its records stay the head
 * until they are done: that keeps the order through every retry. The youngest may leave for the disk, which has them (`unload`),
 * and all of them for another queue, when the partition is removed.
 */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  #leader: number;
  /** It has no leader. One for all its records, for each error has a stack trace. */
  #noLeaderError: KafkaError | undefined;
  /** Why its last batch came back without being stored. */
  #lastError: KafkaError | undefined;
  /** Failed tries in a row after which the queue itself backed off; 1 at most for a batch in doubt. */
  failedTries = 0;
  /** A record of it ran out of time or tries, and nothing was stored since: new ones are written to the disk as they enter. */
  spoolsNew = false;
  /** The spool alone has younger records of it, above this id; undefined: all there is, is here. `DiskOverflow` writes it. */
  spooledAfter: number | undefined;
  /** A batch that an earlier process left in doubt is to be its head: nothing may come before. `DiskOverflow` writes it. */
  awaitsBatch = false;
  /** Its broker takes nothing: a request to it has been out for long, or it backs off. `Sender` writes it. */
  stalled = false;
  /** Records without a key have come. */
  #hasKeyless = false;
  #backoff: { readonly outcome: RetriedOutcome; readonly cancel: () => void } | undefined;
  /** A backoff was ended since the partition has another leader; nothing was stored since. */
  #followedLeader = false;
  #records: ProducerRecord[] = [];
  #head = 0;
  #bytes = 0;
  /** The batch that is out, or that must be sent again as it is: at most one at a time. */
  #batch: Batch | undefined;
  #isOut = false;
  #sentTo = noLeader;
  /** Formed while another batch is out, in the hope that it will be the next. */
  #next: Batch | undefined;
  #isRemoved = false;
  /** What a batch may hold while, or since, larger ones were refused. */
  #maxBatchBytes = Infinity;
  /** The next batch ends with it: the broker has not seen the records behind it, and one of them may hold this batch up. */
  #endsWith: ProducerRecord | undefined;
  /** While the record that is too large is searched for: the last record of the batch that was refused first. */
  #searched: { readonly last: ProducerRecord; readonly lasting: boolean } | undefined;

  constructor(topic: string, partition: number, leader: number) {
    this.topic = topic;
    this.partition = partition;
    this.#leader = leader;
  }

  /** Node id; `noLeader` while an election is on. */
  get leader(): number {
    return this.#leader;
  }

  get backingOff(): boolean {
    return this.#backoff !== undefined;
  }

  /** Something that is put into it can be sent soon. */
  get available(): boolean {
    return this.#leader !== noLeader && !this.stalled && !this.backingOff && !this.awaitsBatch;
  }

  /** The partition is gone; what it held belongs into another queue. */
  get isRemoved(): boolean {
    return this.#isRemoved;
  }

  get ready(): boolean {
    return !this.#isOut && !this.backingOff && this.#head < this.#records.length;
  }

  /** A batch of it must be sent again, whatever became of its pushes. */
  get inDoubt(): boolean {
    return this.#batch?.inDoubt === true;
  }

  /** The oldest that is not done. */
  get oldest(): ProducerRecord | undefined {
    const [oldest] = this.live();
    return oldest;
  }

  /** Nothing of it is out, and nothing waits. */
  get idle(): boolean {
    return !this.#isOut && this.#head === this.#records.length;
  }

  /** Records that wait or are out, and those behind the head that are done. */
  get length(): number {
    return this.#records.length - this.#head;
  }

  /** How many of them are not out. */
  get waiting(): number {
    return this.length - (this.#isOut ? (this.#batch?.producerRecords.length ?? 0) : 0);
  }

  /** Of all of them, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  push(record: ProducerRecord): void {
    if (record.state !== 'queued') moveTo(record, 'queued');
    this.#records.push(record);
    this.#bytes += record.bytes;
    this.#hasKeyless ||= record.content.key === null;
  }

  /** Takes a batch that an earlier process left in doubt: it goes first, as it was. The queue is empty. */
  restore({ records, sequence, isOld }: RecoveredBatch<ProducerRecord>): void {
    let bytes = 0;
    for (const record of records) {
      record.mayHaveBeenWritten = true;
      bytes += record.bytes;
      this.push(record);
    }
    this.#batch = new ProducerBatch(this, records, bytes);
    this.#batch.sequence = sequence;
    this.#batch.inDoubt = true;
    this.#batch.noted = true;
    this.#batch.mayBeDoubled = isOld;
  }

  /** What keeps a record of it waiting that was never sent: it has no leader, or its last batch failed. */
  get blockingError(): KafkaError | undefined {
    return this.#noLeaderError ?? this.#lastError;
  }

  /** Node id of the broker that its batch was put together for, whoever leads by now; undefined while none is out. */
  get sentTo(): number | undefined {
    return this.#isOut ? this.#sentTo : undefined;
  }

  /** The batch that is out or in doubt. */
  get batch(): Batch | undefined {
    return this.#batch;
  }

  /** The records that are not done, oldest first. */
  *live(): Iterable<ProducerRecord> {
    for (let index = this.#head; index < this.#records.length; index++) {
      const record = this.#records[index];
      if (record !== undefined && record.state !== 'done') yield record;
    }
  }

  /** Takes what must be sent again unchanged, or the longest head that fits, at least one record. Undefined when nothing waits. */
  take(limits: BatchLimits): Batch | undefined {
    const batch = this.#batch ?? this.#takeNew(limits);
    for (const record of batch?.producerRecords ?? [])
      if (record.state === 'queued') moveTo(record, 'in-flight');
    this.#batch = batch;
    this.#isOut = batch !== undefined;
    this.#sentTo = this.#leader;
    return batch;
  }

  #takeNew(limits: BatchLimits): Batch | undefined {
    this.#dropHead();
    const prepared = this.#next;
    this.#next = undefined;
    return prepared && this.#mayGo(prepared, limits) ? prepared : this.#form(limits);
  }

  /**
   * The batch that will be taken next, if the one that is out is stored and nothing happens to this one meanwhile: its
   * compression can begin. Undefined when nothing waits, it was asked for before, or an old one goes first.
   */
  prepare(limits: BatchLimits): Batch | undefined {
    const oldFirst = this.inDoubt && !this.#isOut;
    if (this.backingOff || oldFirst || this.#next !== undefined) return undefined;
    this.#next = this.#form(limits);
    return this.#next;
  }

  /** The longest run of records that fits, from the first that is neither done nor out. */
  #form({ batchSize, maxRecordsPerBatch }: BatchLimits): Batch | undefined {
    // The search has no end of its own: its last record may expire, or leave for the disk.
    if (this.#searched?.last.state === 'done') this.#unhalve();
    const maxBytes = Math.min(batchSize, this.#maxBatchBytes);
    const records: ProducerRecord[] = [];
    let bytes = 0;
    if (this.#endsWith?.state === 'done') this.#endsWith = undefined;
    for (let index = this.#head; index < this.#records.length; index++) {
      const record = this.#records[index];
      if (record?.state !== 'queued') continue;
      const full = bytes + record.bytes > maxBytes || records.length >= maxRecordsPerBatch;
      // A batch that the spool has as a whole can be sent again as it was by the next process.
      const mixed = (record.durability === 'memory') !== (records[0]?.durability === 'memory');
      if ((full || mixed) && records.length > 0) break;
      records.push(record);
      bytes += record.bytes;
      if (record === this.#endsWith) break;
    }
    if (records.length === 0) return undefined;
    return new ProducerBatch(this, records, bytes);
  }

  /** It is the head, none of it is done, it is not too large, and not much smaller than what waits by now. */
  #mayGo({ producerRecords, bytes }: Batch, { batchSize, maxRecordsPerBatch }: BatchLimits): boolean {
    if (producerRecords[0] !== this.#records[this.#head]) return false;
    if (producerRecords.some(({ state }) => state === 'done')) return false;
    if (bytes > this.#maxBatchBytes) return false;
    return producerRecords.length * 2 >= Math.min(this.length, maxRecordsPerBatch) || bytes * 2 >= batchSize;
  }

  /**
   * The batch that was out is back, and each of its records knows what becomes of it. Those that are done leave; the others
   * are the head again. A batch that must be sent again unchanged stays as it is.
   * @returns what the queue of a removed partition still held
   */
  giveBack(outcome: Outcome): ProducerRecord[] {
    const batch = this.#batch;
    if (batch) batch.inDoubt = mustComeAgain(outcome);
    switch (outcome.kind) {
      case 'stored':
        this.failedTries = 0;
        this.#lastError = undefined;
        this.#followedLeader = false;
        this.spoolsNew = false;
        // All of it was stored in pieces: the topic takes no more at once.
        if (this.#searched?.lasting && this.#searched.last.state === 'done') this.#searched = undefined;
        break;
      case 'rejected':
        this.failedTries = 0;
        // The broker would take those that it did not name, and gets these alone: together with younger ones they would be
        // rejected again for each bad one among those.
        if (outcome.named) this.#endsWith = batch?.producerRecords.findLast(({ state }) => state !== 'done');
        break;
      case 'splittable':
        // A single record that was refused is done; what comes next is not its fault.
        if (batch?.producerRecords.length === 1) this.#unhalve();
        else if (batch) this.halve(batch, outcome.error.code === 'RECORD_TOO_LARGE');
        break;
      case 'retriable':
      case 'unreachable':
      case 'unknown':
        this.#lastError = outcome.error;
        break;
    }
    this.#isOut = false;
    if (!this.inDoubt) this.#batch = undefined;
    this.#dropHead();
    return this.#isRemoved ? this.remove() : [];
  }

  /**
   * The batch was refused as a whole: the next is at most half as large, until its culprit is found, or all of it has left.
   * @param lasting its size was the reason: what is found to fit is kept to from then on
   */
  halve({ producerRecords, bytes }: Batch, lasting: boolean): void {
    const last = producerRecords.at(-1);
    if (last) this.#searched ??= { last, lasting };
    this.#maxBatchBytes = Math.max(1, Math.floor(bytes / 2));
  }

  #unhalve(): void {
    this.#searched = undefined;
    this.#maxBatchBytes = Infinity;
  }

  /** Nothing of it is sent until `endBackoff`. */
  backOff(outcome: RetriedOutcome, cancel: () => void): void {
    this.#backoff = { outcome, cancel };
  }

  endBackoff(): void {
    this.#backoff?.cancel();
    this.#backoff = undefined;
  }

  /**
   * Notes who leads the partition.
   * @param remade the topic was missing, and exists again
   */
  lead(leader: number, remade: boolean): void {
    const changed = this.#leader !== leader;
    this.#leader = leader;
    // The failed tries of a missing topic say nothing about the one that was made anew.
    if (remade && !this.#followedLeader) this.failedTries = 0;
    if ((changed || remade) && leader !== noLeader) this.#followLeader();
    this.#noLeaderError =
      leader === noLeader ? (this.#noLeaderError ?? producerErrors.noLeader(this)) : undefined;
  }

  /**
   * What kept the old leader from taking the batch is over. Where that one answered "try again", this holds once until
   * something is stored: brokers that name each other as the leader would use up `retries` at once.
   */
  #followLeader(): void {
    const outcome = this.#backoff?.outcome;
    if (outcome === undefined) return;
    if (!isUnanswered(outcome)) {
      if (this.#followedLeader || !outcome.refresh) return;
      this.#followedLeader = true;
    }
    this.endBackoff();
  }

  /**
   * The partition is gone (its topic came back with fewer): hands over what waits, to be routed anew. While a batch
   * is out everything stays, for the batch goes first; `giveBack` then hands it over. What should have been sent again
   * unchanged has no partition to go to.
   */
  remove(): ProducerRecord[] {
    this.#isRemoved = true;
    this.endBackoff();
    if (this.#isOut) return [];
    this.#batch = undefined;
    const records = [...this.live()];
    this.#records = [];
    this.#head = 0;
    this.#bytes = 0;
    return records;
  }

  /**
   * Lets go of the youngest records that the spool has as well, but for `room` bytes of the oldest. What was once sent
   * stays: an idempotent producer must send the same again.
   */
  unload(room: number): ProducerRecord[] {
    const live = [...this.live()];
    let first = live.length;
    for (; first > 0; first--) {
      const record = live[first - 1];
      if (record?.durability !== 'disk' || record.state === 'in-flight' || record.mayHaveBeenWritten) break;
    }
    let bytes = 0;
    for (let index = 0; index < live.length && bytes < room; index++) {
      bytes += live[index]?.bytes ?? 0;
      first = Math.max(first, index + 1);
    }
    const unloaded = live.slice(first);
    const [oldest] = unloaded;
    if (oldest === undefined) return unloaded;
    this.#next = undefined;
    for (const { bytes } of this.#records.splice(this.#records.indexOf(oldest, this.#head)))
      this.#bytes -= bytes;
    return unloaded;
  }

  /**
   * Lets go of records that are done where they wait: nothing is taken from a queue without a leader, and one whose batch is
   * in doubt keeps its head.
   */
  dropDone(): void {
    const batch = new Set(this.#batch?.producerRecords);
    this.#retain((record) => record.state !== 'done' || batch.has(record));
  }

  /** Lets go of the records without a key that wait and were never answered: any other partition will do for them. */
  takeKeyless(): ProducerRecord[] {
    if (!this.#hasKeyless) return [];
    const batch = new Set(this.#batch?.producerRecords);
    const taken = new Set<ProducerRecord>();
    for (const record of this.live()) {
      const { content, state, attempts, mayHaveBeenWritten } = record;
      const isNew = state === 'queued' && attempts === 0 && !mayHaveBeenWritten && !batch.has(record);
      if (isNew && content.key === null) taken.add(record);
    }
    if (taken.size === 0) return [];
    this.#next = undefined;
    this.#retain((record) => !taken.has(record));
    return [...taken];
  }

  #retain(stays: (record: ProducerRecord) => boolean): void {
    this.#records = this.#records.slice(this.#head).filter(stays);
    this.#head = 0;
    this.#bytes = this.#records.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #dropHead(): void {
    if (this.inDoubt) return;
    for (
      let record = this.#records[this.#head];
      record?.state === 'done';
      record = this.#records[++this.#head]
    ) {
      this.#bytes -= record.bytes;
    }
    if (this.#head === this.#records.length) {
      this.#records = [];
      this.#head = 0;
    } else if (this.#head > 1_024 && this.#head * 2 > this.#records.length) {
      this.#records.splice(0, this.#head);
      this.#head = 0;
    }
  }
}
