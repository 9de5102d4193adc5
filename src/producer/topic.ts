import type { KafkaError } from '../model/errors.ts';
import type { Outcome } from '../model/outcome.ts';
import { noLeader, type TopicMetadata } from '../model/partition.ts';
import { partitionOf } from '../protocol/partitioner.ts';
import type { Completion } from './completion.ts';
import { DiskOverflow } from './disk-overflow.ts';
import { PartitionQueue, type Batch } from './partition-queue.ts';
import type { ProducerClient } from './ports.ts';
import { moveTo, type ProducerRecord } from './producer-record.ts';
import { isFinalRefusal, type Backoffs } from './retry-policy.ts';
import type { Shared } from './shared.ts';
import { StickyPartitioner } from './sticky-partitioner.ts';

/** A topic known to be missing or refused is asked about again at most this often, whatever the traffic. Milliseconds. */
const recheckAfter = 1_000;

/** What the sender and its topics share. */
export interface SendContext extends Shared {
  readonly client: ProducerClient;
  readonly completion: Completion;
  readonly backoffs: Backoffs;
}

/**
 * One topic: the queues of its partitions, and whether it can be written to at all. Records that come before its metadata
 * wait here, so that a missing topic delays no other; and so do those that come while a batch of a removed partition
 * is out, for its records go first. `Sender` decides when to ask for metadata, and sends what is in the queues.
 */
export class Topic {
  readonly name: string;
  /** By partition. */
  readonly queues: PartitionQueue[] = [];
  readonly overflow: DiskOverflow | undefined;
  /** A question about this topic is out. `ask` and `answered` alone write it. */
  asking = false;
  /** When the cluster was last asked about this topic. `ask` and `look` alone write it. */
  askedAt = -Infinity;
  readonly #context: SendContext;
  readonly #sticky: StickyPartitioner;
  /** Queues of removed partitions, while a batch of theirs may be out. */
  #removed: PartitionQueue[] = [];
  #unrouted: ProducerRecord[] = [];
  #cancelNextQuestion: (() => void) | undefined;
  #failedQuestions = 0;
  #refusal: { readonly error: KafkaError; readonly since: number } | undefined;
  /** The cluster answered that the topic does not exist, and has not named its partitions since. */
  #missing = false;
  #looking = false;

  constructor(name: string, context: SendContext) {
    this.name = name;
    this.#context = context;
    const { settings, random, spooled } = context;
    this.#sticky = new StickyPartitioner(settings.batchSize, random);
    this.overflow = spooled && new DiskOverflow(name, this.queues, { ...context, spooled });
  }

  /** Nothing can be routed before the cluster is asked, and no question is planned. */
  get needsMetadata(): boolean {
    return this.#inQuestion && !this.asking && this.#cancelNextQuestion === undefined;
  }

  /** Something waits for a partition without a leader, or whose last batch failed, for whatever reason: another broker may lead by now. */
  get mayHaveMoved(): boolean {
    return this.queues.some(
      (queue) => queue.blockingError !== undefined && (queue.inDoubt || queue.oldest !== undefined),
    );
  }

  /** Something waits for a broker that is silent. */
  get stalled(): boolean {
    return this.queues.some((queue) => queue.stalled && !queue.idle);
  }

  /** Records of it are on the disk alone. */
  get behind(): boolean {
    return this.overflow?.behind === true;
  }

  /**
   * Puts a record into the queue of its partition.
   * @returns undefined where it is in none: its partition is not known, the disk alone has it, or it is rejected
   */
  route(record: ProducerRecord): PartitionQueue | undefined {
    // A question is out: wait for its answer.
    const refusal = this.asking ? undefined : this.#standingRefusal();
    if (refusal) {
      this.#context.completion.reject(record, refusal);
      return undefined;
    }
    const queue = this.#inQuestion || this.#removed.length > 0 ? undefined : this.#queueOf(record);
    if (this.overflow?.enter(record, queue)) return undefined;
    if (queue === undefined) {
      moveTo(record, 'unrouted');
      this.#unrouted.push(record);
    } else queue.push(record);
    return queue;
  }

  /** The record has run out of time or tries: those that come after it need not wait as long before the disk takes them. */
  noteExpired(record: ProducerRecord): void {
    const place = this.queues[record.partition] ?? this.overflow;
    if (place) place.spoolsNew = true;
  }

  /** What keeps a record waiting that was never sent, if the cause is in the cluster. */
  blockingError({ partition }: ProducerRecord): KafkaError | undefined {
    return this.queues[partition]?.blockingError;
  }

  /** A batch of the queue is back. What a removed partition still held goes where it belongs now. */
  giveBack(queue: PartitionQueue, outcome: Outcome): void {
    const unsent = queue.giveBack(outcome);
    if (!queue.isRemoved) return;
    this.#removed = this.#removed.filter(({ idle }) => !idle);
    for (const record of unsent) moveTo(record, 'unrouted');
    this.#unrouted = unsent.concat(this.#unrouted);
    this.#routeWaiting();
  }

  /**
   * The fate of the batch is known, or will never be, for its partition is gone: the disk's note of it goes, and whoever watches is told
   * where the topic may have it twice.
   */
  settleBatch(batch: Batch): void {
    this.#context.spooled?.notes.forget(batch);
    if (batch.mayBeDoubled || (batch.inDoubt && batch.comesAgain)) this.#context.notify(batch.doubled());
  }

  /** Frees memory of what the disk has as well, where memory is crowded. */
  unload(): void {
    this.overflow?.unload(this.#unrouted);
  }

  /**
   * Records without a key do not wait for a broker that takes nothing now: those that it cannot have go to other partitions.
   * @returns whether any do
   */
  moveKeyless(): boolean {
    // What comes back from a removed partition goes first.
    if (this.#removed.length > 0 || !this.queues.some(({ available }) => available)) return false;
    const moving = this.queues.flatMap((queue) => (queue.available ? [] : queue.takeKeyless()));
    for (const record of moving) this.#queueOf(record).push(record);
    return moving.length > 0;
  }

  /** @see DiskOverflow.assignPartitions */
  async assignPartitions(): Promise<boolean> {
    const { overflow } = this;
    if (overflow === undefined || this.#inQuestion) return false;
    return overflow.assignPartitions(() => this.#removed.length === 0);
  }

  /** Queues from which nothing is taken keep what is done, until it is dropped. */
  dropDone(): void {
    for (const queue of this.queues) queue.dropDone();
  }

  /** Asks the cluster for the partitions and their leaders. `answered` must follow at once: until then the question is out. */
  async ask(): Promise<TopicMetadata | KafkaError> {
    this.#cancelNextQuestion?.();
    this.#cancelNextQuestion = undefined;
    this.asking = true;
    this.askedAt = this.#context.clock.now();
    try {
      return await this.#context.client.metadata(this.name);
    } catch (thrown) {
      // The client port promises KafkaErrors.
      return thrown as KafkaError;
    }
  }

  /** @returns after how many milliseconds the cluster should be asked again; undefined: nothing waits for that */
  answered(answer: TopicMetadata | KafkaError): number | undefined {
    this.asking = false;
    return 'leaders' in answer ? this.#adopt(answer) : this.#refused(answer);
  }

  /** The next question is planned. @param cancel ends its timer */
  plan(cancel: () => void): void {
    this.#cancelNextQuestion = cancel;
  }

  /**
   * Whether a missing topic should be looked for again, while records wait for it. This counts against no record's
   * `retries`, whose backoffs grow to half a minute: a topic made anew was served ten to twenty seconds late.
   */
  get needsLook(): boolean {
    if (!this.#missing || this.#looking || this.asking) return false;
    const waits = this.#unrouted.length > 0 || this.behind || this.queues.some(({ idle }) => !idle);
    return waits && this.#context.clock.now() - this.askedAt >= recheckAfter;
  }

  /** @returns whether the topic exists again. The next question that counts reports it where it does not. */
  async look(): Promise<boolean> {
    this.#looking = true;
    this.askedAt = this.#context.clock.now();
    try {
      await this.#context.client.metadata(this.name);
      return true;
    } catch {
      return false;
    } finally {
      this.#looking = false;
    }
  }

  /** The producer closes: what waits for the next question is asked now. @returns whether something does */
  flush(): boolean {
    this.#failedQuestions = 0;
    return this.#cancelNextQuestion !== undefined;
  }

  close(): void {
    this.overflow?.endPause();
    this.#cancelNextQuestion?.();
    for (const queue of [...this.queues, ...this.#removed]) queue.endBackoff();
  }

  #adopt({ leaders }: TopicMetadata): number | undefined {
    this.#failedQuestions = 0;
    this.#refusal = undefined;
    const removed = this.queues.splice(leaders.length);
    leaders.forEach((leader, partition) => {
      const queue = (this.queues[partition] ??= new PartitionQueue(this.name, partition, leader));
      queue.lead(leader, this.#missing);
    });
    this.#missing = false;
    // A topic re-created with fewer partitions: its records find their queues anew, before any younger one does.
    for (const queue of removed) {
      const { batch } = queue;
      this.overflow?.removed(queue);
      for (const record of queue.remove()) this.#queueOf(record).push(record);
      // One that is out comes back first.
      if (batch && queue.batch === undefined) this.settleBatch(batch);
    }
    this.#removed = [...this.#removed, ...removed].filter((queue) => !queue.idle);
    this.#routeWaiting();
    const timeLeft = this.#timeLeft();
    // An answer each time: the pause does not grow.
    return leaders.includes(noLeader) && timeLeft < Infinity ? this.#nextPause(timeLeft) : undefined;
  }

  /** What waited for the queues goes into them, unless older records are still out under a removed partition. */
  #routeWaiting(): void {
    if (this.#removed.length > 0) return;
    const waiting = this.#unrouted;
    this.#unrouted = [];
    for (const record of waiting) if (record.state !== 'done') this.#queueOf(record).push(record);
    if (this.overflow) this.overflow.spoolsNew = false;
  }

  #refused(error: KafkaError): number | undefined {
    const { clock, notify, completion, settings } = this.#context;
    const { retries, initialRetryTime } = settings.retry;
    const missing = error.code === 'TOPIC_MISSING';
    const pressing = missing && this.overflow === undefined;
    if (missing) {
      this.#missing = true;
      notify({ kind: 'topic-missing', topic: this.name, error });
    }
    const isRefusal = missing || this.#isFinalRefusal(error);
    this.#refusal = isRefusal ? { error, since: this.#refusal?.since ?? this.askedAt } : undefined;

    const waiting = this.#unrouted.filter(({ state }) => state !== 'done');
    const rejected: ProducerRecord[] = [];
    this.#unrouted = [];
    for (const record of waiting) {
      record.lastError = error;
      if (missing) record.attempts++;
      // Another answer would come too late for the dead-letter topic. The spool has time.
      const last = pressing && record.deadline - clock.now() <= initialRetryTime;
      const hopeless = last || this.#isFinalRefusal(error) || this.#standingRefusal() !== undefined;
      // What the spool has may wait for as long as it takes.
      const stays = record.durability === 'disk' || !(hopeless || record.attempts > retries);
      (stays ? this.#unrouted : rejected).push(record);
    }
    if (!this.#inQuestion) this.#routeWaiting();
    for (const record of rejected) completion.reject(record, error);
    if (this.#unrouted.length === 0 && !this.behind) return undefined;
    return this.#nextPause(missing && !pressing ? Infinity : this.#timeLeft(), error);
  }

  #nextPause(timeLeft: number, error?: KafkaError): number {
    return this.#context.backoffs.pause(++this.#failedQuestions, timeLeft, error);
  }

  /** Whether its records may be sent is for the cluster to say first: a refusal from a while ago may be none any more. */
  get #inQuestion(): boolean {
    return (
      this.queues.length === 0 || (this.#refusal !== undefined && this.#isFinalRefusal(this.#refusal.error))
    );
  }

  /** A refusal old enough to be believed and young enough not to be asked about again. */
  #standingRefusal(): KafkaError | undefined {
    if (this.#refusal === undefined) return undefined;
    const { error, since } = this.#refusal;
    const { clock, settings } = this.#context;
    const believed = this.#isFinalRefusal(error) || clock.now() - since >= settings.deliveryTimeout;
    return believed && clock.now() - this.askedAt < recheckAfter ? error : undefined;
  }

  #isFinalRefusal(error: KafkaError): boolean {
    return isFinalRefusal(error, this.overflow !== undefined);
  }

  #queueOf(record: ProducerRecord): PartitionQueue {
    const { key } = record.content;
    const { queues } = this;
    const queue =
      key === null ? this.#sticky.next(queues, record.bytes) : queues[partitionOf(key, queues.length)];
    if (queue === undefined) throw new RangeError(`a partition of ${queues.length}`);
    record.partition = queue.partition;
    this.#context.spooled?.stray(record);
    return queue;
  }

  /** Until the deadline of the oldest that waits, in milliseconds; endless when nothing does. */
  #timeLeft(): number {
    const { clock, settings } = this.#context;
    const queues = [...this.#removed, ...this.queues];
    const oldest =
      this.#unrouted.find(({ state }) => state !== 'done') ??
      queues.find(({ oldest }) => oldest !== undefined)?.oldest;
    if (oldest) return Math.min(oldest.deadline - clock.now(), settings.deliveryTimeout);
    return this.behind ? settings.deliveryTimeout : Infinity;
  }
}
