import type { KafkaError } from '../model/errors.ts';
import { isUnanswered, mustComeAgain, type Failure, type Outcome } from '../model/outcome.ts';
import { noLeader } from '../model/partition.ts';
import { BrokerSender, headStart } from './broker-sender.ts';
import { producerErrors } from './errors.ts';
import type { Batch, PartitionQueue, RetriedOutcome } from './partition-queue.ts';
import { isUnfinished, moveTo, type ProducerRecord } from './producer-record.ts';
import { ProducerState } from './producer-state.ts';
import { decide, rememberAttempt } from './retry-policy.ts';
import { Topic, type SendContext } from './topic.ts';

/**
 * A request out for longer, like a backoff at once, makes its broker count as stalled: the producer asks who leads, and new records
 * without a key go elsewhere. Milliseconds.
 */
const stalledAfter = 1_000;
/** While it is, and while a partition has no leader, the cluster is asked so often. Milliseconds. */
const askAgainAfter = 1_000;
/** A topic in use is asked about this often, so that new partitions are found. Milliseconds. */
const metadataMaxAge = 30_000;

/**
 * Sends what is in the partition queues, and decides by each outcome what becomes of a batch.
 *
 * Group commit, per broker: nothing out to it → send at once; while a request is out, everything that arrives for its queues
 * forms the next one, which is compressed meanwhile. One push alone has the raw round trip, a thousand share a
 * few requests, and a frozen broker delays its own queues only. A broker that cannot be reached backs off as a whole: however
 * many queues it leads, one request at a time finds out whether it is back.
 */
export class Sender {
  readonly #state: ProducerState;
  readonly #context: SendContext;
  readonly #topics = new Map<string, Topic>();
  readonly #brokers = new Map<number, BrokerSender>();
  /** Queues that want records of the disk. */
  readonly #toFetch = new Set<PartitionQueue>();
  /** A queue has had its records in this turn of the event loop. */
  #hasFetched = false;
  /** Records that are known to come together are on their way into the queues. */
  #gathering = false;
  #linger: number;

  constructor(context: SendContext) {
    const { client, settings, clock, spooled } = context;
    this.#context = context;
    this.#state = new ProducerState(client, clock, settings, spooled?.notes);
    this.#linger = settings.linger;
  }

  /** Puts a record into the queue of its partition, which is sent when its broker is free. */
  add(record: ProducerRecord): void {
    const topic = this.#topic(record.content.topic);
    const queue = topic.route(record);
    if (queue !== undefined) this.#enqueue(queue);
    else if (record.state !== 'done' && topic.needsMetadata) void this.#refresh(topic);
  }

  /** What `work` adds leaves together: sends begin when it is through. */
  together(work: () => void): void {
    this.#gathering = true;
    try {
      work();
    } finally {
      this.#gathering = false;
      for (const broker of this.#brokers.values()) this.#goOn(broker);
    }
  }

  /** What an earlier process left of the topic is fetched from the disk. */
  recover(topic: string): void {
    void this.#refresh(this.#topic(topic));
  }

  /** Records of the topic will come. */
  expect(topic: string): void {
    this.#state.register();
    void this.#refresh(this.#topic(topic));
  }

  /** The time or the tries of a record are over. With a spool it lives on, without a deadline, once the disk has it. */
  expire(record: ProducerRecord, error: KafkaError): void {
    if (record.state === 'done') return;
    if (!isUnfinished(record)) this.#topic(record.content.topic).noteExpired(record);
    this.#context.completion.spoolOrFail(record, error);
  }

  /** What keeps a record waiting that was never sent, if the cause is in the cluster. */
  blockingError(record: ProducerRecord): KafkaError | undefined {
    return this.#topics.get(record.content.topic)?.blockingError(record);
  }

  /**
   * Looks for new leaders and new partitions, and for what the disk has.
   * @param expired records have expired since the last call
   * @returns whether it must be called again, though no record is live
   */
  tend(expired: boolean): boolean {
    const now = this.#context.clock.now();
    // These records are on their way to the disk; they were in memory alone when their batch was sent.
    if (expired) void this.noteInDoubt();
    let pending = false;
    for (const topic of this.#topics.values()) {
      if (expired) topic.dropDone();
      for (const queue of topic.queues) queue.stalled = this.#isStalled(queue.sentTo ?? queue.leader, now);
      const age = now - topic.askedAt;
      const stuck = topic.stalled || topic.mayHaveMoved;
      if (age > metadataMaxAge || (stuck && age > askAgainAfter)) void this.#refresh(topic);
      if (topic.needsLook) void this.#look(topic);
      if (topic.moveKeyless()) this.#enqueueAll(topic);
      topic.unload();
      void this.#assignPartitions(topic);
      for (const queue of topic.queues) if (queue.spooledAfter !== undefined) this.#enqueue(queue);
      // A batch in doubt without a leader, or one that a frozen broker has, has nobody else to ask for another leader, though
      // its pushes were all told.
      pending ||= topic.behind || topic.mayHaveMoved || topic.stalled;
    }
    return pending;
  }

  /** The producer closes in `timeLeft` milliseconds: nothing lingers or backs off any more, and what waits is sent now. */
  flush(timeLeft: number): void {
    this.#linger = 0;
    this.#context.backoffs.endIn(timeLeft);
    for (const broker of this.#brokers.values()) {
      broker.endBackoff();
      broker.silences = 0;
      broker.linger?.();
      this.#goOn(broker);
    }
    for (const topic of this.#topics.values()) {
      if (topic.flush()) void this.#refresh(topic);
      for (const queue of topic.queues) {
        if (!queue.backingOff) continue;
        queue.failedTries = 0;
        this.#endBackoff(queue);
      }
    }
  }

  /** Notes the batches that are out or in doubt, as far as their records are on the disk, or on their way there. @see BatchesInDoubt.note */
  async noteInDoubt(): Promise<void> {
    const queues = [...this.#topics.values()].flatMap(({ queues }) => queues);
    await this.#context.spooled?.notes.note(queues.flatMap(({ batch }) => batch ?? []));
  }

  /** Ends every pause: nothing is sent any more. */
  close(): void {
    for (const topic of this.#topics.values()) topic.close();
    for (const broker of this.#brokers.values()) broker.endBackoff();
  }

  #topic(name: string): Topic {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = new Topic(name, this.#context);
      this.#topics.set(name, topic);
    }
    return topic;
  }

  #broker(id: number): BrokerSender {
    let broker = this.#brokers.get(id);
    if (broker === undefined) {
      broker = new BrokerSender(id, this.#context.settings);
      this.#brokers.set(id, broker);
    }
    return broker;
  }

  /** The queue may have something to send. */
  #enqueue(queue: PartitionQueue): void {
    if (queue.spooledAfter !== undefined) this.#fetch(queue);
    if (queue.leader === noLeader || queue.waiting === 0) return;
    const broker = this.#broker(queue.leader);
    if (queue.ready) broker.ready.add(queue);
    if (this.#linger > 0) this.#beginLinger(broker);
    if (broker.isBackingOff) return;
    if (broker.busySince !== undefined) {
      broker.next.add(queue);
      if (this.#context.client.prepare && !broker.isSlow) this.#soon(broker);
    } else if (queue.ready && !this.#gathering) {
      broker.arrived++;
      if (broker.gathers) return;
      const enough = this.#linger === 0 && broker.arrived >= headStart && !broker.isSlow;
      if (enough || queue.bytes >= this.#context.settings.batchSize) void this.#sendNext(broker);
      else if (this.#linger === 0) this.#soon(broker);
    }
  }

  /** One queue in each turn of the event loop: to fetch takes milliseconds, and hundreds may want one. */
  #fetch(queue: PartitionQueue): void {
    if (this.#toFetch.has(queue)) return;
    if (this.#hasFetched) {
      this.#toFetch.add(queue);
      return;
    }
    this.#hasFetched = true;
    // While the queue has room, rows are fetched until the disk has no more: only then may new records enter it.
    if (this.#topic(queue.topic).overflow?.fetch(queue)) this.#toFetch.add(queue);
    this.#context.clock.soon(() => {
      this.#hasFetched = false;
      // One that is removed, or has nothing on the disk any more, fetches nothing: then the next.
      for (const next of this.#toFetch) {
        this.#toFetch.delete(next);
        if (!this.#context.lifecycle.isClosed && !next.isRemoved) this.#enqueue(next);
        if (this.#hasFetched) return;
      }
    });
  }

  /** Soon rather than now: pushes of one burst go together, and one alone loses no measurable time. */
  #soon(broker: BrokerSender): void {
    if (broker.soon || this.#gathering) return;
    broker.soon = true;
    this.#context.clock.soon(() => {
      broker.soon = false;
      this.#goOn(broker);
    });
  }

  /** Counted from the first that waits, whether a request is out or not. */
  #beginLinger(broker: BrokerSender): void {
    broker.linger ??= this.#context.clock.after(this.#linger, () => {
      broker.linger = undefined;
      broker.due = true;
      if (broker.busySince === undefined && !broker.isBackingOff) void this.#sendNext(broker);
    });
  }

  /** Sends what waits; or begins with it, while a request is out. */
  #goOn(broker: BrokerSender): void {
    if (broker.isBackingOff) return;
    if (broker.busySince === undefined) this.#sendWaiting(broker);
    else if (this.#context.client.prepare) {
      const batches = broker.prepare();
      if (batches.length > 0) this.#context.client.prepare(batches);
    }
  }

  #sendWaiting(broker: BrokerSender): void {
    if (this.#linger === 0 || broker.due || broker.full) void this.#sendNext(broker);
  }

  async #sendNext(broker: BrokerSender): Promise<void> {
    const { batches, moved } = broker.take();
    for (const queue of moved) this.#enqueue(queue);
    if (batches.length === 0) return;
    broker.begin(batches, this.#context.clock.now());
    try {
      await this.#send(broker, batches);
    } finally {
      broker.end(this.#context.clock.now());
      // At once: the pushes just told make new ones for a while, and the broker need not wait for those.
      if (!broker.isBackingOff && !broker.isSlow) this.#sendWaiting(broker);
      else if (!broker.isBackingOff) this.#gather(broker);
    }
  }

  /** Sends what waits over a slow link, once a turn of the event loop brings nothing more. */
  #gather(broker: BrokerSender): void {
    const { clock } = this.#context;
    const until = clock.now() + broker.gatherTime;
    let seen = -1;
    const look = (): void => {
      broker.gathers = broker.arrived !== seen && clock.now() < until;
      seen = broker.arrived;
      if (broker.gathers) clock.soon(look);
      else if (broker.busySince === undefined && !broker.isBackingOff) this.#sendWaiting(broker);
    };
    look();
  }

  async #send(broker: BrokerSender, batches: readonly Batch[]): Promise<void> {
    const outcomes = await this.#state.produce(batches);
    const brokerPause = this.#backOffBroker(broker, batches, outcomes);
    outcomes.forEach((outcome, index) => {
      const batch = batches[index];
      if (batch !== undefined) this.#handleOutcome(batch, outcome, brokerPause);
    });
  }

  /**
   * Decides what becomes of a batch. Its records that are not done are the head of their queue again.
   * @param brokerPause how long its broker is left alone, milliseconds
   */
  #handleOutcome(batch: Batch, outcome: Outcome, brokerPause: number): void {
    const { queue, producerRecords } = batch;
    const topic = this.#topic(queue.topic);
    let queueBackoff: { readonly outcome: RetriedOutcome; readonly pause: number } | undefined;
    if (outcome.kind === 'stored')
      for (const record of producerRecords) this.#context.completion.stored(record);
    else {
      for (const record of producerRecords) if (record.state === 'in-flight') moveTo(record, 'queued');
      producerRecords.forEach((record, index) => this.#handleFailure(batch, record, outcome, index));
    }
    switch (outcome.kind) {
      case 'splittable':
        if (producerRecords.length > 1) this.#context.notify(batch.halved(outcome.error));
        break;
      case 'retriable':
      case 'unreachable':
      case 'unknown':
        if (brokerPause === 0) queueBackoff = { outcome, pause: this.#pauseAfter(queue, outcome) };
        this.#noticeRetry(batch, outcome, queueBackoff?.pause ?? brokerPause);
        if (outcome.kind !== 'retriable' || outcome.refresh) void this.#refresh(topic);
        break;
      case 'stored':
      case 'rejected':
        break;
    }
    const wasInDoubt = batch.inDoubt;
    topic.giveBack(queue, outcome);
    // Its doubt ends without the broker having said that it is stored.
    if (wasInDoubt && !batch.inDoubt && outcome.kind !== 'stored') batch.mayBeDoubled ||= batch.comesAgain;
    // The records were left to the disk, and what the answer says of them is not written there: the next process asks again.
    if (this.#context.lifecycle.isClosed) return;
    if (!batch.inDoubt || queue.isRemoved) topic.settleBatch(batch);
    if (queue.isRemoved) this.#enqueueAll(topic);
    else if (queueBackoff === undefined) this.#enqueue(queue);
    else {
      const cancel = this.#context.clock.after(queueBackoff.pause, () => this.#endBackoff(queue));
      queue.backOff(queueBackoff.outcome, cancel);
    }
  }

  #handleFailure(batch: Batch, record: ProducerRecord, outcome: Failure, index: number): void {
    rememberAttempt(record, outcome);
    const { attempts, durability } = record;
    const records = batch.producerRecords.length;
    const { retries } = this.#context.settings.retry;
    const action = decide(outcome, { records, index, attempts, durability }, retries);
    if (action === 'reject') {
      // `rememberAttempt` has counted a retriable one.
      if (outcome.kind !== 'retriable') record.attempts++;
      this.#context.completion.reject(record, producerErrors.ofAnswer(record, outcome, index));
    } else if (action === 'expire') {
      this.expire(record, producerErrors.ofAnswer(record, outcome, index));
    }
    // `retry` and `split`: it stays where it is, and `giveBack` goes by the outcome.
  }

  #endBackoff(queue: PartitionQueue): void {
    queue.endBackoff();
    this.#enqueue(queue);
  }

  /**
   * Counts the failed try (`PartitionQueue.giveBack` begins anew when something is stored), and says how long the queue backs off, in
   * milliseconds. A batch that must be sent again unchanged holds up its queue until its fate is known, and the first good answer may
   * tell it: its backoff does not grow.
   */
  #pauseAfter(queue: PartitionQueue, outcome: RetriedOutcome): number {
    queue.failedTries = mustComeAgain(outcome) ? 1 : queue.failedTries + 1;
    const unanswered = isUnanswered(outcome) ? outcome.error : undefined;
    return this.#context.backoffs.pause(queue.failedTries, this.#timeLeft(queue), unanswered);
  }

  /**
   * Lets a broker that has not said a word back off. Its queues wait without a backoff of their own: those that get another leader are sent
   * to that one at once. When it ends, what waits is sent.
   * @returns for how many milliseconds; 0 where it does not
   */
  #backOffBroker(broker: BrokerSender, batches: readonly Batch[], outcomes: readonly Outcome[]): number {
    const [first] = outcomes.filter(isUnanswered);
    if (first === undefined || !outcomes.every(isUnanswered)) {
      broker.silences = 0;
      return 0;
    }
    if (this.#context.lifecycle.isClosed) return 0;
    broker.silences++;
    // The first silence, where each queue of the request had backed off by itself before, perhaps for a fault of its own: each does so
    // again, and the others of the broker do not.
    if (broker.silences === 1 && batches.every(({ queue }) => queue.failedTries > 0)) return 0;
    const timeLeft = Math.min(...batches.map(({ queue }) => this.#timeLeft(queue)));
    const pause = this.#context.backoffs.pause(broker.silences, timeLeft, first.error);
    const cancel = this.#context.clock.after(pause, () => {
      broker.endBackoff();
      broker.due = true;
      this.#goOn(broker);
    });
    broker.backOff(cancel);
    return pause;
  }

  #noticeRetry(batch: Batch, { error }: RetriedOutcome, pause: number): void {
    if (error.code === 'TOPIC_MISSING' || this.#context.lifecycle.isClosed) return;
    this.#context.notify(batch.retrying(error, pause));
  }

  /** Until the deadline of the queue's oldest record, in milliseconds; with none, that of one which comes now. */
  #timeLeft({ oldest }: PartitionQueue): number {
    const { clock, timeout } = this.#context;
    return oldest ? Math.min(oldest.deadline - clock.now(), timeout) : timeout;
  }

  /** A request to the broker has been out for long, or it backs off. */
  #isStalled(id: number, now: number): boolean {
    const { busySince, isBackingOff } = this.#brokers.get(id) ?? {};
    return isBackingOff === true || (busySince !== undefined && now - busySince > stalledAfter);
  }

  /**
   * Asks the cluster for the partitions of the topic and their leaders. A question that is out will do: the sweep asks again within a second
   * (`Topic.mayHaveMoved`). Does not reject.
   */
  async #refresh(topic: Topic): Promise<void> {
    if (topic.asking) return;
    const pause = topic.answered(await topic.ask());
    if (this.#context.lifecycle.isClosed) return;
    if (pause !== undefined) topic.plan(this.#context.clock.after(pause, () => void this.#refresh(topic)));
    this.#enqueueAll(topic);
  }

  async #look(topic: Topic): Promise<void> {
    if (await topic.look()) void this.#refresh(topic);
  }

  /** The topic has queued what waited. */
  #enqueueAll(topic: Topic): void {
    void this.#assignPartitions(topic);
    for (const queue of topic.queues) this.#enqueue(queue);
  }

  async #assignPartitions(topic: Topic): Promise<void> {
    if (await topic.assignPartitions()) for (const queue of topic.queues) this.#enqueue(queue);
  }
}
