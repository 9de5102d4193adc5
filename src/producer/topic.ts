import type { KafkaError } from '../model/errors.ts';
import type { Outcome } from '../model/outcome.ts';
import { noLeader, type TopicLayout } from '../model/partition.ts';
import type { Clock } from './clock.ts';
import { moveTo, type ProducerRecord } from './producer-record.ts';
import { failures } from './failures.ts';
import { PartitionQueue } from './partition-queue.ts';
import {
  backoff,
  diskPause,
  inTime,
  isFinal,
  pausesAfter,
  type Pauses,
  type RetryPolicy,
} from './retry-policy.ts';

export interface TopicHooks {
  layout(topic: string): Promise<TopicLayout>;
  /** Java's choice of partition for a key. */
  partitionOf(key: Buffer, partitions: number): number;
  /** The lane has something to send, or may be sent somewhere else than before. */
  ready(lane: PartitionQueue): void;
  /** The lane has another leader than it had: what kept the old one from taking its records is over. */
  leaderChanged(lane: PartitionQueue): void;
  refuse(entry: ProducerRecord, error: KafkaError): void;
  /** What the spool does for the topic; undefined where there is none. */
  readonly overflow: TopicOverflow | undefined;
  /** The cluster answered that the topic does not exist. */
  missing(topic: string, error: KafkaError): void;
}

export interface TopicOverflow {
  /** @see DiskOverflow.spills */
  spills(entry: ProducerRecord, tailed: boolean, late: boolean): boolean;
  /** @see Spool.assign, which may fail: then it is worth another try later. */
  assign(
    topic: string,
    partitions: number,
    choose: (key: Buffer) => number,
    limit: number,
  ): 'done' | 'more' | 'failed';
  /** These entries are on the disk alone from here on. */
  evicted(entries: readonly ProducerRecord[]): void;
}

/** So many records of the spool get their partition at a time; the loop goes on in between. */
const homingPortion = 1_000;

/** A topic known to be missing or refused is asked about again at most this often, whatever the traffic. */
const recheckAfter = 1_000;

/**
 * One topic as delivery knows it: its lanes, and whether it can be written to at all. Records that come before the
 * layout is known wait here, so that a missing topic delays no other; and so do those that come while a batch of a
 * partition that is no more is out, for its records go first.
 */
export class Topic {
  readonly name: string;
  readonly #hooks: TopicHooks;
  readonly #clock: Clock;
  readonly #policy: RetryPolicy;
  readonly #patience: number;
  readonly #random: () => number;
  #lanes: PartitionQueue[] = [];
  /** Lanes of partitions that are no more, while a batch of theirs may be out. */
  #retired: PartitionQueue[] = [];
  #arrivals: ProducerRecord[] = [];
  #asking: Promise<void> | undefined;
  #cancelRetry: (() => void) | undefined;
  #cancelHoming: (() => void) | undefined;
  #askedAt = -Infinity;
  #failures = 0;
  /** When all is over: pauses shrink towards it. */
  #end = Infinity;
  /** A record that waits for the layout has run out of time. */
  #late = false;
  #homeless = false;
  #homing = false;
  #closed = false;
  #refusal: { readonly error: KafkaError; readonly since: number } | undefined;
  /** The cluster answered that the topic does not exist, and has not named its partitions since. */
  #missing = false;
  #looking = false;

  /** @param patience how long a missing topic may take to appear before its records are refused at once */
  constructor(
    name: string,
    hooks: TopicHooks,
    clock: Clock,
    policy: RetryPolicy,
    patience: number,
    random: () => number,
  ) {
    this.name = name;
    this.#hooks = hooks;
    this.#clock = clock;
    this.#policy = policy;
    this.#patience = patience;
    this.#random = random;
  }

  /** When the cluster was last asked about this topic. */
  get askedAt(): number {
    return this.#askedAt;
  }

  /** Puts an entry into its lane, or keeps it until the lanes are known. */
  route(entry: ProducerRecord): void {
    // Where the cluster is being asked already, it has the word.
    const refusal = this.#asking === undefined ? this.#standingRefusal() : undefined;
    if (refusal) return this.#hooks.refuse(entry, refusal);
    const { overflow } = this.#hooks;
    if (this.#inQuestion || this.#retired.length > 0) {
      if (this.#inQuestion && this.#cancelRetry === undefined) void this.refresh();
      if (overflow?.spills(entry, this.behind, this.#late)) this.#homeless = true;
      else {
        moveTo(entry, 'unrouted');
        this.#arrivals.push(entry);
      }
      return;
    }
    const lane = this.#laneOf(entry);
    if (overflow?.spills(entry, lane.tail !== undefined, lane.late))
      lane.tail = Math.min(lane.tail ?? Infinity, entry.id - 1);
    else this.#enter(entry, lane);
  }

  /** Records of the spool wait for the layout; this process has none of them in memory. */
  recover(): void {
    this.#homeless = true;
    void this.refresh();
  }

  /** The entry has run out of time: those behind it in its lane need not wait for theirs. */
  runsLate(entry: ProducerRecord): void {
    const lane = this.#lanes[entry.partition];
    if (lane) lane.late = true;
    else this.#late = true;
  }

  /** A batch of the lane is back. What a partition that is no more still held goes where it belongs now. */
  giveBack(lane: PartitionQueue, outcome: Outcome): void {
    const left = lane.giveBack(outcome);
    if (!this.#retired.includes(lane)) return;
    this.#retired = this.#retired.filter(({ idle }) => !idle);
    for (const entry of left) moveTo(entry, 'unrouted');
    this.#arrivals = left.concat(this.#arrivals);
    this.#moveIn();
  }

  /** Lets go of what the spool has, but for the oldest of each lane. The youngest go first. */
  evict(room: number): void {
    const { overflow } = this.#hooks;
    if (overflow === undefined) return;
    const stay = this.#arrivals.findLastIndex(({ durability }) => durability !== 'disk') + 1;
    const arrivals = this.#arrivals.splice(stay);
    if (arrivals.length > 0) this.#homeless = true;
    overflow.evicted(arrivals);
    // What is left of those will follow the lanes' records in memory.
    if (stay > 0) return;
    for (const lane of this.#lanes) {
      const evicted = lane.evict(room);
      // Not the first of them: what came from a partition that is no more stands behind younger records of other keys.
      for (const { id } of evicted) lane.tail = Math.min(lane.tail ?? Infinity, id - 1);
      // Kept when nobody knew its partition, or under one that is no more: there this lane would not find it.
      if (evicted.some(({ place }) => place !== lane.partition)) this.#homeless = true;
      overflow.evicted(evicted);
    }
    if (!this.#inQuestion) this.#moveIn();
  }

  /** Something waits for a partition that has no leader. */
  get leaderless(): boolean {
    return this.#lanes.some(
      (lane) => lane.obstacle !== undefined && (lane.inDoubt || lane.oldest !== undefined),
    );
  }

  /** What keeps an entry from being sent at all, where the cluster is to blame for it. */
  obstacle({ partition }: ProducerRecord): KafkaError | undefined {
    return this.#lanes[partition]?.obstacle;
  }

  /**
   * Asks whether a missing topic exists again, while records wait for it. This counts against no record's `retries`, whose
   * pauses grow to half a minute: a topic made anew was served ten to twenty seconds late.
   */
  lookAgain(): void {
    if (!this.#missing || this.#looking || this.#asking !== undefined || this.#closed) return;
    if (this.#clock.now() - this.#askedAt >= recheckAfter && this.#hasWaiting) void this.#look();
  }

  async #look(): Promise<void> {
    this.#looking = true;
    this.#askedAt = this.#clock.now();
    try {
      await this.#hooks.layout(this.name);
      void this.refresh();
    } catch {
      // The next try that counts reports it.
    } finally {
      this.#looking = false;
    }
  }

  get #hasWaiting(): boolean {
    return this.#arrivals.length > 0 || this.behind || this.#lanes.some(({ idle }) => !idle);
  }

  /** Lanes that nothing is taken from keep what expired, until it is dropped. */
  dropSettled(): void {
    for (const lane of this.#lanes) lane.dropSettled();
  }

  /** The lanes that have records on the disk alone, and may fetch them. */
  tailed(): PartitionQueue[] {
    return this.#homeless ? [] : this.#lanes.filter(({ tail }) => tail !== undefined);
  }

  /** Records of the spool, younger than all in memory, have yet to be given their lanes: until then none may fetch. */
  get homeless(): boolean {
    return this.#homeless;
  }

  /** Records of it are on the disk alone. */
  get behind(): boolean {
    return this.#homeless || this.#lanes.some(({ tail }) => tail !== undefined);
  }

  /** Asks the cluster for the layout. Callers at the same time share one question. Does not reject. */
  refresh(): Promise<void> {
    this.#asking ??= this.#ask();
    return this.#asking;
  }

  /** Only `timeLeft` milliseconds are left: what waits for its next question is asked now. */
  hurry(timeLeft: number): void {
    this.#end = this.#clock.now() + timeLeft;
    this.#failures = 0;
    if (this.#cancelRetry) void this.refresh();
  }

  /** Asks no more. */
  close(): void {
    this.#closed = true;
    this.#cancelHoming?.();
    this.#cancelRetry?.();
  }

  async #ask(): Promise<void> {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#askedAt = this.#clock.now();
    let layout: TopicLayout;
    try {
      layout = await this.#hooks.layout(this.name);
    } catch (thrown) {
      this.#asking = undefined;
      // The client port promises KafkaErrors.
      return this.#refused(thrown as KafkaError);
    }
    this.#asking = undefined;
    this.#failures = 0;
    this.#refusal = undefined;
    this.#adopt(layout);
  }

  #adopt({ leaders }: TopicLayout): void {
    const retired = this.#lanes.splice(leaders.length);
    leaders.forEach((leader, partition) => {
      const lane = (this.#lanes[partition] ??= new PartitionQueue(this.name, partition, leader));
      const changed = lane.leader !== leader;
      lane.leader = leader;
      // The failures of a missing topic say nothing about the one that was made anew.
      if (this.#missing && !lane.followed) lane.failures = 0;
      if ((changed || this.#missing) && leader !== noLeader) this.#hooks.leaderChanged(lane);
      lane.obstacle = leader === noLeader ? failures.noLeader(lane) : undefined;
    });
    this.#missing = false;
    // A topic re-created with fewer partitions: its records find their lanes anew, before any younger one does.
    for (const lane of retired) {
      if (lane.tail !== undefined) this.#homeless = true;
      for (const entry of lane.retire()) this.#enter(entry, this.#laneOf(entry));
    }
    this.#retired = [...this.#retired, ...retired].filter((lane) => !lane.idle);
    this.#moveIn();
    for (const lane of this.#lanes) this.#hooks.ready(lane);
    if (leaders.includes(noLeader) && this.#timeLeft() < Infinity) this.#askAgainLater(this.#timeLeft());
  }

  /** What waited for the lanes goes into them, unless records that are older are still out under a partition that is no more. */
  #moveIn(): void {
    if (this.#retired.length > 0) return;
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    for (const entry of arrivals) if (entry.state !== 'done') this.#enter(entry, this.#laneOf(entry));
    this.#late = false;
    if (this.#homeless) this.#home();
  }

  /** From now on whatever comes queues on the disk, behind the homeless; lanes fetch once all have a home. */
  #home(): void {
    for (const lane of this.#lanes) lane.tail = 0;
    if (this.#homing) return;
    this.#homing = true;
    this.#homeSome();
  }

  #homeSome(): void {
    if (this.#closed) return;
    if (this.#retired.length > 0) {
      // Among the homeless may be what is out under a partition that is no more: `#moveIn` begins anew after it.
      this.#homing = false;
      return;
    }
    const partitions = this.#lanes.length;
    const choose = (key: Buffer) => this.#hooks.partitionOf(key, partitions);
    const result = this.#hooks.overflow?.assign(this.name, partitions, choose, homingPortion);
    if (result === 'more') this.#clock.soon(() => this.#homeSome());
    else if (result === 'failed') this.#cancelHoming = this.#clock.after(diskPause, () => this.#homeSome());
    else {
      this.#homing = false;
      this.#homeless = false;
      for (const lane of this.#lanes) this.#hooks.ready(lane);
    }
  }

  #refused(error: KafkaError): void {
    const missing = error.code === 'TOPIC_MISSING';
    const pressing = missing && this.#hooks.overflow === undefined;
    if (missing) {
      this.#missing = true;
      this.#hooks.missing(this.name, error);
    }
    if (missing || this.#isFinal(error))
      this.#refusal = { error, since: this.#refusal?.since ?? this.#askedAt };
    else this.#refusal = undefined;

    const waiting = this.#arrivals.filter(({ state }) => state !== 'done');
    const goes: ProducerRecord[] = [];
    this.#arrivals = [];
    for (const entry of waiting) {
      entry.lastError = error;
      if (missing) entry.attempts++;
      // Another answer would come too late for the dead-letter topic. The spool has time.
      const last = pressing && entry.deadline - this.#clock.now() <= this.#policy.initialRetryTime;
      const hopeless = last || this.#isFinal(error) || this.#standingRefusal() !== undefined;
      // What the spool has may wait for as long as it takes.
      const stays = entry.durability === 'disk' || !(hopeless || entry.attempts > this.#policy.retries);
      (stays ? this.#arrivals : goes).push(entry);
    }
    if (!this.#inQuestion) this.#moveIn();
    if (this.#arrivals.length > 0 || this.behind)
      this.#askAgainLater(
        missing && !pressing ? Infinity : this.#timeLeft(),
        pausesAfter(error, this.#policy),
      );
    // Each makes room for one at the door, who is routed here at once and belongs behind all that stay.
    for (const entry of goes) this.#hooks.refuse(entry, error);
  }

  #askAgainLater(timeLeft: number, pauses: Pauses = this.#policy): void {
    if (this.#closed) return;
    this.#failures++;
    const inAll = Math.min(timeLeft, this.#end - this.#clock.now());
    const pause = inTime(backoff(this.#failures, pauses, this.#random()), inAll, pauses);
    this.#cancelRetry = this.#clock.after(pause, () => {
      this.#cancelRetry = undefined;
      void this.refresh();
    });
  }

  /** Whether its records may be sent is for the cluster to say first: a refusal from a while ago may be none any more. */
  get #inQuestion(): boolean {
    return this.#lanes.length === 0 || (this.#refusal !== undefined && this.#isFinal(this.#refusal.error));
  }

  /** A refusal old enough to be believed and young enough not to be asked about again. */
  #standingRefusal(): KafkaError | undefined {
    if (this.#refusal === undefined) return undefined;
    const { error, since } = this.#refusal;
    const now = this.#clock.now();
    const believed = this.#isFinal(error) || now - since >= this.#patience;
    return believed && now - this.#askedAt < recheckAfter ? error : undefined;
  }

  #isFinal(error: KafkaError): boolean {
    return isFinal(error, this.#hooks.overflow !== undefined);
  }

  #laneOf(entry: ProducerRecord): PartitionQueue {
    entry.partition = this.#hooks.partitionOf(entry.record.key, this.#lanes.length);
    const lane = this.#lanes[entry.partition];
    if (lane === undefined) throw new RangeError(`partition ${entry.partition} of ${this.#lanes.length}`);
    return lane;
  }

  #enter(entry: ProducerRecord, lane: PartitionQueue): void {
    lane.push(entry);
    this.#hooks.ready(lane);
  }

  /** Until the deadline of the oldest that waits, in milliseconds; endless when nothing does. */
  #timeLeft(): number {
    const lanes = [...this.#retired, ...this.#lanes];
    const oldest =
      this.#arrivals.find(({ state }) => state !== 'done') ?? lanes.find(({ oldest }) => oldest)?.oldest;
    if (oldest) return Math.min(oldest.deadline - this.#clock.now(), this.#patience);
    return this.behind ? this.#patience : Infinity;
  }
}
