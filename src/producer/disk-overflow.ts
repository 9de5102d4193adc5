import type { KafkaError } from '../model/errors.ts';
import type { NoticeOf, Notify } from '../model/notice.ts';
import type { Kept, KeptRecord, Spool } from '../model/spool.ts';
import { atMost, type Clock } from './clock.ts';
import { createProducerRecord, moveTo, type ProducerRecord, type Waiter } from './producer-record.ts';
import { failures } from './failures.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { LiveRecords } from './live-records.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { DeliverySettings } from './ports.ts';
import { diskPause } from './retry-policy.ts';
import type { Topic, TopicOverflow } from './topic.ts';

/** Of the delivery's settings: `batchSize` is what a lane fetches from the spool at a time. */
export type OverflowSettings = Pick<DeliverySettings, 'batchSize' | 'deliveryTimeout'>;

export interface OverflowHooks {
  /** The disk alone answers for the entry from here on: its push is told so, its memory freed. */
  unload(entry: ProducerRecord): void;
  /** It cannot be helped: the same, and it is told on as a failure. */
  fail(entry: ProducerRecord, error: KafkaError): void;
}

/** Before the deadline, so that the disk has told by then. A part of `deliveryTimeout`, and at most so many milliseconds. */
const marginShare = 1 / 8;
const longestMargin = 1_000;
/**
 * While memory is crowded a lane that has nothing here fetches so many bytes, or one record: two hundred partitions with
 * leftovers once took 188 MB at a start, of a `bufferMemory` of 4 MiB.
 */
const crowdedPortion = 64 * 1024;
/** For the disk to take what is left when the destination closes. Milliseconds. */
const lastWait = 500;

export function marginOf(deliveryTimeout: number): number {
  return Math.min(deliveryTimeout * marginShare, longestMargin);
}

/**
 * The spool as delivery uses it. A record is in one of three states: in memory alone; in memory and on the disk (`keep`:
 * its push is told, it stays in its lane and is delivered from there); or on the disk alone (`spill`), behind all that
 * its lane has in memory, and fetched when the lane has room. So memory always holds the oldest part of a lane, and its
 * order is the order of ids throughout.
 */
export class DiskOverflow implements TopicOverflow {
  readonly #spool: Spool;
  /** Every record is kept as it comes, not only what is late. */
  readonly #always: boolean;
  readonly #settings: OverflowSettings;
  readonly #bound: BufferPool;
  readonly #live: LiveRecords;
  readonly #hooks: OverflowHooks;
  readonly #clock: Clock;
  readonly #notify: Notify;
  readonly #margin: number;
  /** On their way to the disk, in no lane, by id. */
  readonly #spilling = new Map<number, ProducerRecord>();
  /** How many records of a topic the spool has, and whether the operator was told that it is behind. */
  readonly #topics = new Map<string, { records: number; behind: boolean }>();
  /** Of records that the disk still has, while it is open whether their letter is taken. */
  readonly #lettered = new Set<number>();
  #onTold: (() => void) | undefined;
  #asked = 0;
  #readAgainAt = -Infinity;
  #closed = false;

  constructor(
    { file, always }: NonNullable<DeliverySettings['spool']>,
    settings: OverflowSettings,
    bound: BufferPool,
    live: LiveRecords,
    hooks: OverflowHooks,
    { clock, notify }: { readonly clock: Clock; readonly notify: Notify },
  ) {
    this.#spool = file;
    this.#always = always;
    this.#settings = settings;
    this.#bound = bound;
    this.#live = live;
    this.#hooks = hooks;
    this.#clock = clock;
    this.#notify = notify;
    this.#margin = marginOf(settings.deliveryTimeout);
  }

  /** The topics that an earlier process left records of. */
  leftovers(): string[] {
    for (const { topic, records } of this.#spool.places()) this.#topic(topic).records += records;
    for (const [topic, state] of this.#topics) {
      state.behind = true;
      this.#notify({ kind: 'spool-left', topic, records: state.records });
    }
    return [...this.#topics.keys()];
  }

  /**
   * Takes an entry to the disk if it cannot be in memory: no room, or older ones of its lane are on the disk alone.
   * @param tailed older records of the same place are on the disk alone
   * @param late older ones have run out of time
   * @returns whether it is gone; otherwise it belongs into its lane
   */
  spills(entry: ProducerRecord, tailed: boolean, late: boolean): boolean {
    if (entry.durability !== 'memory') return false;
    if (entry.held && !tailed) {
      if (late || this.#always) this.#keep(entry);
      return false;
    }
    this.#behind(entry.record.topic, entry.held ? 'order' : 'no-room');
    moveTo(entry, 'diverting');
    this.#spilling.set(entry.id, entry);
    this.#append(entry, (error) => {
      // Its lane has fetched it meanwhile: it is in memory and on the disk.
      if (!this.#spilling.delete(entry.id)) return this.#told(entry, error);
      if (error) {
        entry.durability = 'memory';
        return this.#hooks.fail(entry, failures.notKept(entry, error));
      }
      this.#topic(entry.record.topic).records++;
      entry.durability = 'disk';
      this.#hooks.unload(entry);
    });
    return true;
  }

  /**
   * The third way out, for an entry whose time or tries are over: it is kept, its push told so, and it stays in its lane.
   * @returns false when the disk has not answered either, and the push must be told so now
   */
  takes(entry: ProducerRecord, why: KafkaError): boolean {
    if (entry.durability === 'disk') return true;
    if (entry.durability === 'writing') return this.#clock.now() < entry.deadline + this.#margin;
    this.#behind(entry.record.topic, why);
    this.#keep(entry);
    return true;
  }

  /** Fetches nothing more. */
  close(): void {
    this.#closed = true;
  }

  /** Keeps what is left when the destination closes, but for values that are not in their final form. Resolves once the disk has answered for each, or not in time. */
  async keepAll(): Promise<void> {
    for (const entry of this.#live.all())
      if (entry.durability === 'memory' && entry.state !== 'awaiting-schema') this.#keep(entry);
    if (this.#asked > 0) await atMost(this.#clock, lastWait, (done) => (this.#onTold = done));
  }

  /** The entry is safe: it needs no memory any more. */
  has(entry: ProducerRecord): boolean {
    if (entry.durability !== 'disk') return false;
    this.#hooks.unload(entry);
    return true;
  }

  /** A letter speaks for the entry: no lane may fetch it again meanwhile. `left` says what became of it. */
  lettered({ id, durability }: ProducerRecord): void {
    if (durability !== 'memory') this.#lettered.add(id);
  }

  /** What became of an entry that the spool has, too. */
  left(entry: ProducerRecord, error: KafkaError | undefined): void {
    this.#lettered.delete(entry.id);
    if (entry.durability === 'memory' || error?.code === 'DESTINATION_CLOSED') return;
    const { id, record } = entry;
    if (entry.durability === 'writing') {
      this.#spool.remove(id, record);
      this.#spilling.delete(id);
      entry.durability = 'memory';
      this.#answered();
      return;
    }
    if (error) {
      this.#spool.refuse(id, error);
      this.#notify({ kind: 'spool-refused', topic: record.topic, error });
    } else this.#spool.remove(id, record);
    this.#oneLess(record.topic);
  }

  /** Memory is for what only memory has, and lanes fetch what is on the disk alone. */
  tend(topics: Iterable<Topic>, ready: (lane: PartitionQueue) => void): void {
    for (const topic of topics) {
      if (this.#bound.crowded) topic.evict(this.#settings.batchSize);
      for (const lane of topic.tailed()) ready(lane);
    }
  }

  /** These entries are on the disk alone from here on: no word to their pushes, which were told. */
  evicted(entries: readonly ProducerRecord[]): void {
    for (const entry of entries) this.#hooks.unload(entry);
  }

  /**
   * Fetches the next records of a lane that has some on the disk alone, as long as there is room; a lane with nothing at
   * all may fetch a few in any case.
   */
  fetch(lane: PartitionQueue, { homeless }: Pick<Topic, 'homeless'>): void {
    const { batchSize } = this.#settings;
    const room = lane.bytes < batchSize && (lane.idle || !this.#bound.crowded);
    if (!room || homeless || this.#closed) return;
    const here = new Set(this.#lettered);
    for (const { id } of lane.live()) here.add(id);
    for (let fetched = 0; fetched === 0 && lane.tail !== undefined;) {
      const rows = this.#read(lane, lane.tail, this.#bound.crowded ? crowdedPortion : batchSize);
      if (rows === undefined) return;
      lane.tail = rows.at(-1)?.id;
      for (const { id, record } of rows) {
        if (here.has(id)) continue;
        const entry = this.#spilled(id, lane) ?? this.#fetched(id, record, lane);
        if (!entry.held) this.#bound.hold(entry);
        lane.push(entry);
        fetched++;
      }
    }
  }

  assign(
    topic: string,
    partitions: number,
    choose: (key: Buffer) => number,
    limit: number,
  ): 'done' | 'more' | 'failed' {
    try {
      return this.#spool.assign(topic, partitions, choose, limit) ? 'more' : 'done';
    } catch (thrown) {
      this.#unread(thrown);
      return 'failed';
    }
  }

  /** Undefined where the disk fails: what is there stays there, and is asked for again a while later. */
  #read(lane: PartitionQueue, after: number, maxBytes: number): KeptRecord[] | undefined {
    if (this.#clock.now() < this.#readAgainAt) return undefined;
    try {
      return this.#spool.read(lane, after, maxBytes, (error) => {
        this.#notify({ kind: 'spool-row-damaged', topic: lane.topic, error });
        this.#oneLess(lane.topic);
      });
    } catch (thrown) {
      this.#unread(thrown);
      return undefined;
    }
  }

  #unread(thrown: unknown): void {
    this.#readAgainAt = this.#clock.now() + diskPause;
    this.#notify({ kind: 'spool-failed', error: failures.spoolUnread(thrown) });
  }

  /** One that the disk has not told about yet. It goes on as itself: what was told of a copy would say nothing of its fate. */
  #spilled(id: number, lane: PartitionQueue): ProducerRecord | undefined {
    const entry = this.#spilling.get(id);
    if (entry === undefined) return undefined;
    this.#spilling.delete(id);
    entry.partition = lane.partition;
    entry.place = lane.partition;
    return entry;
  }

  #fetched(id: number, record: ProducerRecord['record'], lane: PartitionQueue): ProducerRecord {
    const entry = createProducerRecord(id, record, Infinity, told);
    this.#live.add(entry);
    entry.partition = lane.partition;
    entry.place = lane.partition;
    entry.durability = 'disk';
    return entry;
  }

  #keep(entry: ProducerRecord): void {
    this.#append(entry, (error) => this.#told(entry, error));
  }

  /** The disk has told about an entry that is in memory as well. */
  #told(entry: ProducerRecord, error: KafkaError | undefined): void {
    if (error) return this.#notKept(entry, error);
    this.#topic(entry.record.topic).records++;
    entry.durability = 'disk';
    this.#live.endDeadline(entry);
    const { waiter } = entry;
    entry.waiter = told;
    waiter.resolve();
  }

  #append(entry: ProducerRecord, kept: Kept): void {
    entry.durability = 'writing';
    entry.place = entry.partition;
    this.#asked++;
    this.#spool.append(entry.id, entry.record, entry.place, (error) => {
      if (entry.state === 'done') return;
      if (error) this.#notify({ kind: 'spool-failed', error });
      kept(error);
      this.#answered();
    });
  }

  /** It goes on as if there were no spool, while its time lasts. */
  #notKept(entry: ProducerRecord, error: KafkaError): void {
    entry.durability = 'memory';
    if (this.#clock.now() >= entry.deadline) this.#hooks.fail(entry, failures.notKept(entry, error));
  }

  #answered(): void {
    this.#asked--;
    if (this.#asked === 0) this.#onTold?.();
  }

  /** Says once that records of a topic go to the spool. */
  #behind(name: string, why: NoticeOf<'spooling'>['why']): void {
    const topic = this.#topic(name);
    if (topic.behind) return;
    topic.behind = true;
    this.#notify({ kind: 'spooling', topic: name, why });
  }

  #oneLess(name: string): void {
    const topic = this.#topic(name);
    topic.records--;
    if (topic.records > 0 || !topic.behind) return;
    // A disk without room may keep what was delivered, and the spool would not be empty after a restart.
    this.#spool.whenRemoved(() => {
      if (topic.records > 0 || !topic.behind) return;
      topic.behind = false;
      this.#notify({ kind: 'spool-drained', topic: name });
    });
  }

  #topic(name: string): { records: number; behind: boolean } {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = { records: 0, behind: false };
      this.#topics.set(name, topic);
    }
    return topic;
  }
}

/** Its push was told when the spool had it. */
const told: Waiter = { resolve: () => undefined, reject: () => undefined };
