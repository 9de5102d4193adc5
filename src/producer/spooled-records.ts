import type { KafkaError } from '../model/errors.ts';
import type { NoticeOf, Notify } from '../model/notice.ts';
import type { Assigned, Place, Spool } from '../model/spool.ts';
import { BatchesInDoubt, type RecoveredBatch } from './batches-in-doubt.ts';
import { producerErrors } from './errors.ts';
import type { LiveRecords } from './live-records.ts';
import type { PartitionQueue } from './partition-queue.ts';
import { atMost, type Clock, type Lifecycle, type ProducerContext } from './ports.ts';
import {
  createProducerRecord,
  isUnfinished,
  moveTo,
  type ProducerRecord,
  type Callback,
} from './producer-record.ts';
import { diskPause } from './retry-policy.ts';

/** Before the deadline, so that the disk has told by then. A part of `deliveryTimeout`, and at most so many milliseconds. */
const marginShare = 1 / 8;
const longestMargin = 1_000;
/** For the disk to take what is left when the destination closes. Milliseconds. */
const closeTimeout = 500;

export function marginOf(deliveryTimeout: number): number {
  return Math.min(deliveryTimeout * marginShare, longestMargin);
}

/** What the spool has of one topic. */
interface TopicRows {
  /** Records on the disk, or on their way there. */
  count: number;
  /** The log says that records of it go to the spool, and not yet that they have left it. */
  announced: boolean;
  /** Since then: rows that stay, for the broker refuses their records. */
  refused: number;
}

/**
 * What is on the disk, and nothing else writes a record's `durability`: `memory`, then `writing`, then `disk`. A record that
 * is *persisted* stays in its queue and is delivered from memory; its push is told when the disk has it, or when Kafka has, whichever is first. A record that is
 * *diverted* is in no queue: when the disk has it, the disk alone has it. A row goes when its record is complete. All reasons: DESIGN.md,
 * "Into the spool, and out of it".
 */
export class SpooledRecords {
  readonly #spool: Spool;
  readonly #lifecycle: Lifecycle;
  readonly #live: LiveRecords;
  readonly #clock: Clock;
  readonly #notify: Notify;
  readonly #margin: number;
  readonly #topics = new Map<string, TopicRows>();
  /** The topics that an earlier process left records of. */
  readonly leftovers: ReadonlySet<string>;
  /** On their way to the disk alone, by id. */
  readonly #diverting = new Map<number, ProducerRecord>();
  /** Ids of rows whose dead letter is under way. */
  readonly #deadLettered = new Set<number>();
  /** Ids of records in memory that may be in another queue than that of their row: it must not fetch them. */
  readonly #strayed = new Set<number>();
  readonly notes: BatchesInDoubt;
  /** How many records the disk has not answered for. */
  #writing = 0;
  #onWritten: (() => void) | undefined;
  #readAgainAt = -Infinity;

  constructor(
    spool: Spool,
    live: LiveRecords,
    deliveryTimeout: number,
    context: Pick<ProducerContext, 'clock' | 'notify' | 'date'> & { readonly lifecycle: Lifecycle },
  ) {
    const { clock, notify, lifecycle } = context;
    this.notes = new BatchesInDoubt(spool, context);
    this.#spool = spool;
    this.#live = live;
    this.#lifecycle = lifecycle;
    this.#clock = clock;
    this.#notify = notify;
    this.#margin = marginOf(deliveryTimeout);
    for (const { topic, records } of spool.places()) this.#topic(topic).count += records;
    this.leftovers = new Set(this.#topics.keys());
    for (const [topic, rows] of this.#topics) {
      rows.announced = true;
      notify({ kind: 'spool-left', topic, records: rows.count });
    }
  }

  /** Writes a record that stays in its queue. */
  persist(record: ProducerRecord): void {
    this.#append(record, (error) => this.#persisted(record, error));
  }

  /**
   * Writes a record whose time or tries are over: it stays in its queue, and its push need not wait any longer. Called again by each sweep until
   * the disk has told. The deadline and the margin make up `deliveryTimeout`.
   * @returns false where the disk was asked before, and has not answered by then either
   */
  persistExpired(record: ProducerRecord, why: KafkaError): boolean {
    if (record.durability === 'disk') return true;
    if (record.durability === 'writing') return this.#clock.now() < record.deadline + this.#margin;
    this.#announce(record.content.topic, why);
    this.persist(record);
    return true;
  }

  /** Writes a record that goes to the disk alone: `DiskOverflow.fetch` brings it back. */
  divert(record: ProducerRecord, why: 'order' | 'no-room'): void {
    this.#announce(record.content.topic, why);
    moveTo(record, 'diverting');
    this.#diverting.set(record.id, record);
    this.#append(record, (error) => {
      // Its queue has fetched it meanwhile: it is in memory and on the disk.
      if (!this.#diverting.delete(record.id)) return this.#persisted(record, error);
      if (error) return this.#fail(record, error);
      record.durability = 'disk';
      this.#live.end(record);
    });
  }

  /**
   * Writes what is left when the destination closes, but for records that wait for their mapping values or their schema. Resolves
   * once the disk has answered for each, or not in time.
   */
  async persistAll(): Promise<void> {
    for (const record of this.#live.all())
      if (record.durability === 'memory' && !isUnfinished(record)) this.persist(record);
    if (this.#writing > 0) await atMost(this.#clock, closeTimeout, (done) => (this.#onWritten = done));
    if (this.#writing > 0) this.notes.waitNoMore();
  }

  /** A dead letter answers for the record: its row is not fetched again meanwhile. `complete` says what became of it. */
  deadLettered({ id, durability }: ProducerRecord): void {
    if (durability !== 'memory') this.#deadLettered.add(id);
  }

  /**
   * The record is stored, or given up with `error`. Its row goes; but one whose push was told that the disk has it stays
   * as refused.
   */
  complete(record: ProducerRecord, error?: KafkaError): void {
    this.#deadLettered.delete(record.id);
    this.#strayed.delete(record.id);
    this.notes.complete(record.id);
    // Left behind at `close`: a row stays for the next process, and what is still being written is dropped by `Spool.close`.
    if (record.durability === 'memory' || error?.code === 'DESTINATION_CLOSED') return;
    const { id, content } = record;
    if (record.durability === 'disk' && error) {
      this.#spool.refuse(id, error);
      this.#topic(content.topic).refused++;
      this.#notify({ kind: 'spool-refused', topic: content.topic, error });
    } else this.#spool.remove(id, content);
    if (record.durability === 'writing') {
      this.#diverting.delete(id);
      record.durability = 'memory';
      this.#answered();
    }
    this.#waitsNoMore(content.topic);
  }

  /** A record gets a queue. Its row, if it has one, may be another queue's: it stays where it is. */
  stray({ id, durability }: ProducerRecord): void {
    if (durability !== 'memory') this.#strayed.add(id);
  }

  /** Memory lets go of a record that the disk has. */
  unload(record: ProducerRecord): void {
    this.#strayed.delete(record.id);
    this.notes.complete(record.id);
    this.#live.end(record);
  }

  /**
   * Reads the next records of a partition, oldest first.
   * @param after only ids above this one
   * @param inMemory ids that are not to be fetched again
   * @returns the records, and the id of the last row that was read (none where there are no more rows); undefined where the
   *   disk fails: what is there stays there, and is asked for again a while later
   */
  fetch(
    partition: Place,
    after: number,
    maxBytes: number,
    inMemory: ReadonlySet<number>,
  ): { readonly records: ProducerRecord[]; readonly lastId: number | undefined } | undefined {
    if (this.#lifecycle.isClosing || this.#clock.now() < this.#readAgainAt) return undefined;
    try {
      const rows = this.#spool.read(partition, after, maxBytes, (error) => {
        this.#notify({ kind: 'spool-row-damaged', topic: partition.topic, error });
        this.#waitsNoMore(partition.topic);
      });
      const elsewhere = [inMemory, this.#strayed, this.#deadLettered];
      const records = rows
        .filter(({ id }) => !elsewhere.some((ids) => ids.has(id)) && !this.notes.has(id, partition.topic))
        .map(({ id, record }) => this.#fetched(id, record, partition));
      return { records, lastId: rows.at(-1)?.id };
    } catch (thrown) {
      this.#readFailed(thrown);
      return undefined;
    }
  }

  /** @see BatchesInDoubt.take; `later` also where the disk fails. */
  takeBatchInDoubt(
    queue: PartitionQueue,
    crowded: boolean,
  ): RecoveredBatch<ProducerRecord> | 'later' | undefined {
    if (this.#lifecycle.isClosing || this.#clock.now() < this.#readAgainAt) return 'later';
    try {
      const batch = this.notes.take(queue, crowded);
      if (batch === undefined || batch === 'later') return batch;
      return { ...batch, records: batch.records.map(({ id, record }) => this.#fetched(id, record, queue)) };
    } catch (thrown) {
      this.#readFailed(thrown);
      return 'later';
    }
  }

  /** @see Spool.assign, BatchesInDoubt.check; undefined where the disk fails. */
  assign(
    topic: string,
    partitions: number,
    choose: (key: Buffer | null) => number,
    limit: number,
  ): Assigned | undefined {
    try {
      const assigned = this.#spool.assign(topic, partitions, choose, limit);
      return assigned === 'done' && this.notes.check(topic, partitions) ? 'more' : assigned;
    } catch (thrown) {
      this.#readFailed(thrown);
      return undefined;
    }
  }

  #fetched(id: number, content: ProducerRecord['content'], { partition }: Place): ProducerRecord {
    let record = this.#diverting.get(id);
    if (record !== undefined) {
      // Its write is still under way, and its push waits: the same object goes into the queue, so that its fate is told to it.
      this.#diverting.delete(id);
    } else {
      record = createProducerRecord(id, content, Infinity, toldAlready);
      this.#live.add(record);
      record.durability = 'disk';
    }
    record.partition = partition;
    record.spoolPartition = partition;
    return record;
  }

  #readFailed(thrown: unknown): void {
    this.#readAgainAt = this.#clock.now() + diskPause;
    this.#notify({ kind: 'spool-failed', error: producerErrors.spoolUnread(thrown) });
  }

  #append(record: ProducerRecord, written: (error: KafkaError | undefined) => void): void {
    record.durability = 'writing';
    record.spoolPartition = record.partition;
    this.#writing++;
    this.#topic(record.content.topic).count++;
    this.#spool.append(record.id, record.content, record.spoolPartition, (error) => {
      if (record.state === 'done') return this.#answeredLate(record, error);
      if (error) {
        this.#notify({ kind: 'spool-failed', error });
        // It may be the last that was waited for.
        this.#waitsNoMore(record.content.topic);
      }
      written(error);
      this.#answered();
    });
  }

  /** Its dead letter is under way. Where the disk has no row of it, there is none to remove with it. */
  #answeredLate(record: ProducerRecord, error: KafkaError | undefined): void {
    if (error === undefined || record.durability !== 'writing') return;
    record.durability = 'memory';
    this.#notify({ kind: 'spool-failed', error });
    this.#waitsNoMore(record.content.topic);
    this.#answered();
  }

  /** The disk has told about a record that is in memory as well. */
  #persisted(record: ProducerRecord, error: KafkaError | undefined): void {
    if (error) {
      // It goes on in memory while its time lasts, also one whose `retries` are used up.
      record.durability = 'memory';
      if (this.#clock.now() >= record.deadline) this.#fail(record, error);
      return;
    }
    record.durability = 'disk';
    this.#live.endDeadline(record);
    const { callback } = record;
    record.callback = toldAlready;
    callback.resolve();
  }

  #fail(record: ProducerRecord, cause: KafkaError): void {
    record.durability = 'memory';
    const error = producerErrors.notSpooled(record, cause);
    this.#notify({ kind: 'gave-up', topic: record.content.topic, error });
    this.#live.end(record, error);
  }

  #answered(): void {
    this.#writing--;
    if (this.#writing === 0) this.#onWritten?.();
  }

  /** Says once that records of a topic go to the spool. */
  #announce(topic: string, why: NoticeOf<'spooling'>['why']): void {
    const rows = this.#topic(topic);
    if (rows.announced) return;
    rows.announced = true;
    this.#notify({ kind: 'spooling', topic, why });
  }

  /** A record of the topic was stored, refused, or not taken by the disk. */
  #waitsNoMore(topic: string): void {
    const rows = this.#topic(topic);
    rows.count--;
    if (rows.count > 0 || !rows.announced) return;
    // A disk without room may keep what was delivered, and the spool would not be empty after a restart.
    this.#spool.whenRemoved(() => {
      if (rows.count > 0 || !rows.announced) return;
      const { refused } = rows;
      rows.announced = false;
      rows.refused = 0;
      this.#notify({ kind: 'spool-drained', topic, refused });
    });
  }

  #topic(name: string): TopicRows {
    let rows = this.#topics.get(name);
    if (rows === undefined) {
      rows = { count: 0, announced: false, refused: 0 };
      this.#topics.set(name, rows);
    }
    return rows;
  }
}

/** The push of a record was told when the spool had it. */
const toldAlready: Callback = { resolve: () => undefined, reject: () => undefined };
