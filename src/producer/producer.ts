import type { KafkaError } from '../model/errors.ts';
import { isUnanswered, type Failure, type Outcome } from '../model/outcome.ts';
import type { KafkaRecord } from '../model/record.ts';
import { Answers } from './answers.ts';
import { deadLetterOf, refusalOf, smallerLetter } from './dead-letter.ts';
import { createProducerRecord, moveTo, type ProducerRecord, type Waiter } from './producer-record.ts';
import { ExpiryErrors } from './expiry-errors.ts';
import { failures } from './failures.ts';
import type { Batch, PartitionQueue } from './partition-queue.ts';
import { BrokerSenders } from './broker-senders.ts';
import { LiveRecords } from './live-records.ts';
import { BufferPool } from './buffer-pool.ts';
import { marginOf, DiskOverflow } from './disk-overflow.ts';
import type { Broker, DeliveryContext, DeliverySettings } from './ports.ts';
import { decide, note } from './retry-policy.ts';
import { Backoffs } from './backoffs.ts';
import { Topic } from './topic.ts';
import { Serialization } from './serialization.ts';

/** How often deadlines are looked at; a record is settled at most this late. Milliseconds. */
const sweepInterval = 100;
/** A request out for longer makes delivery ask who leads the lanes that wait behind it. */
const stalledAfter = 1_000;
/** A topic in use is asked about this often, so that new partitions are found. */
const layoutMaxAge = 30_000;

/**
 * Takes records and settles each of them exactly once, in the order of their keys. A record walks
 *
 *     send → admit → finish → route → lane → leader's request → conclude → settled
 *
 * and can leave the stream only in `conclude` and the three exits below it (`settle`, `refuse`, `giveUp`).
 */
export class Producer {
  readonly #broker: Broker;
  readonly #settings: DeliverySettings;
  readonly #context: DeliveryContext;
  readonly #topics = new Map<string, Topic>();
  readonly #bound: BufferPool;
  readonly #unfinished: Serialization;
  readonly #leaders: BrokerSenders;
  readonly #overflow: DiskOverflow | undefined;
  /** How long a push waits for Kafka: to its end, or until there is just time left for the disk. Milliseconds. */
  readonly #patience: number;
  #lastId: number;
  readonly #rests: Backoffs;
  readonly #live = new LiveRecords();
  /** Nothing more is taken. */
  #closed = false;
  /** Nothing more is sent: a late answer must not begin another pause. */
  #ended = false;
  #cancelSweep: (() => void) | undefined;

  constructor(broker: Broker, settings: DeliverySettings, context: DeliveryContext) {
    this.#broker = broker;
    this.#settings = settings;
    this.#context = context;
    const { spool, bufferMemory, deliveryTimeout } = settings;
    this.#patience = deliveryTimeout - (spool ? marginOf(deliveryTimeout) : 0);
    this.#bound = new BufferPool(bufferMemory, (entry) => this.#unfinished.take(entry), spool === undefined);
    this.#unfinished = new Serialization(context.clock, {
      pass: (entry) => this.#route(entry),
      refuse: (entry, error) => this.#refuse(entry, error),
      noRoom: (entry) => this.#fail(entry, failures.bufferFull(entry, bufferMemory)),
      nextId: () => ++this.#lastId,
    });
    this.#rests = new Backoffs(context, settings.retry, this.#patience, (lane) => this.#ready(lane));
    this.#leaders = new BrokerSenders(context.clock, settings, {
      send: (batches, broker) => this.#produce(batches, broker),
      prepare: broker.prepare && ((batches) => broker.prepare?.(batches)),
    });
    const hooks = {
      unload: (entry: ProducerRecord) => this.#end(entry),
      fail: (entry: ProducerRecord, error: KafkaError) => this.#fail(entry, error),
    };
    this.#overflow = spool && new DiskOverflow(spool, settings, this.#bound, this.#live, hooks, context);
    this.#lastId = spool?.file.lastId ?? 0;
    for (const topic of this.#overflow?.leftovers() ?? []) {
      this.#topic(topic).recover();
      this.#sweepLater();
    }
  }

  /**
   * Resolves once the broker has acknowledged the record under `acks`, or the dead-letter topic has.
   * @throws KafkaError that names the topic and says whether the record may have been written
   */
  send(record: KafkaRecord): Promise<void> {
    const waiter = Promise.withResolvers<void>();
    this.#admit(record, waiter);
    return waiter.promise;
  }

  /** Sends records together. Resolves to the error of each, in their order; undefined where it is stored. */
  sendAll(records: readonly KafkaRecord[]): Promise<(KafkaError | undefined)[]> {
    const answers = new Answers(records.length);
    this.#leaders.together(() =>
      records.forEach((record, index) => this.#admit(record, answers.waiterOf(index))),
    );
    return answers.all;
  }

  /**
   * Takes nothing more and sends what waits for at most `timeout` milliseconds. What is left then goes to the spool, or
   * is rejected.
   * @returns how many records were left behind
   */
  async close(timeout: number): Promise<number> {
    this.#closed = true;
    this.#overflow?.close();
    this.#leaders.hurry();
    for (const topic of this.#topics.values()) topic.hurry(timeout);
    this.#rests.hurry(timeout);
    await this.#live.none(timeout, this.#context.clock);
    await this.#overflow?.keepAll();
    const left = this.#live.all().filter((entry) => !this.#overflow?.has(entry));
    for (const entry of left) this.#settle(entry, failures.leftBehind(entry));
    this.#ended = true;
    for (const topic of this.#topics.values()) topic.close();
    this.#rests.cancel();
    this.#leaders.close();
    this.#cancelSweep?.();
    if (left.length > 0) this.#context.notify({ kind: 'left-behind', records: left.length });
    return left.length;
  }

  /** What is under way, what waits for room or for the disk included. */
  get waiting(): { readonly records: number; readonly bytes: number } {
    return { records: this.#live.count, bytes: this.#live.bytes };
  }

  #admit(record: KafkaRecord, waiter: Waiter): void {
    if (this.#closed) return waiter.reject(failures.closed(record.topic));
    const { bufferMemory, spool } = this.#settings;
    const entry = createProducerRecord(
      ++this.#lastId,
      record,
      this.#context.clock.now() + this.#patience,
      waiter,
    );
    this.#live.add(entry);
    this.#sweepLater();
    if (entry.bytes > bufferMemory)
      return this.#refuse(entry, failures.largerThanBuffer(entry, bufferMemory));
    const room = this.#bound.admit(entry);
    if (!room) this.#context.notify({ kind: 'buffer-full', bufferMemory, spooled: spool !== undefined });
  }

  #sweepLater(): void {
    this.#cancelSweep ??= this.#context.clock.after(sweepInterval, () => this.#sweep());
  }

  #route(entry: ProducerRecord): void {
    this.#topic(entry.record.topic).route(entry);
  }

  async #produce(batches: readonly Batch[], broker: number): Promise<void> {
    let outcomes: readonly Outcome[] = [];
    let fault: unknown;
    try {
      outcomes = await this.#broker.produce(batches);
    } catch (thrown) {
      fault = thrown;
    }
    // The port promises an outcome for each. A fault in a client must still strand no lane, and end no process.
    const each = batches.map(
      (batch, index): Outcome =>
        outcomes[index] ?? { kind: 'unknown', error: failures.noOutcome(batch.lane.topic, fault) },
    );
    const pause = this.#brokerPause(batches, each, broker);
    batches.forEach((batch, index) => {
      const outcome = each[index];
      if (outcome !== undefined) this.#conclude(batch, outcome, pause);
    });
  }

  /** A broker that has not said a word backs off, and its lanes with it. Milliseconds. */
  #brokerPause(batches: readonly Batch[], outcomes: readonly Outcome[], broker: number): number {
    const [first] = outcomes.filter(isUnanswered);
    if (first === undefined || !outcomes.every(isUnanswered)) {
      this.#leaders.answered(broker);
      return 0;
    }
    if (this.#ended) return 0;
    const doubtful = batches.every(({ lane }) => lane.failures > 0);
    return this.#leaders.backOff(broker, doubtful, (failures) =>
      this.#rests.brokerPause(batches, first.error, failures),
    );
  }

  /**
   * Decides what becomes of a batch. What is not settled here is the lane's head again.
   * @param brokerPause how long its broker is left alone, milliseconds
   */
  #conclude(batch: Batch, outcome: Outcome, brokerPause: number): void {
    const { lane, entries } = batch;
    let rest: (() => void) | undefined;
    if (outcome.kind !== 'stored')
      for (const entry of entries) if (entry.state === 'in-flight') moveTo(entry, 'queued');
    entries.forEach((entry, index) => {
      if (outcome.kind !== 'stored') return this.#afterFailure(entry, outcome, entries.length, index);
      if (entry.state !== 'done') this.#tellOfLetter(entry);
      this.#settle(entry);
    });
    switch (outcome.kind) {
      case 'stored':
        lane.failures = 0;
        lane.followed = false;
        lane.late = false;
        break;
      case 'rejected':
        lane.failures = 0;
        if (outcome.named) lane.sendRestAlone(batch);
        break;
      case 'too-large':
        if (entries.length === 1) lane.unhalve();
        else {
          lane.halve(batch, outcome.error.code === 'RECORD_TOO_LARGE');
          this.#context.notify(batch.halved(outcome.error));
        }
        break;
      case 'retriable':
        rest = this.#rest(batch, outcome);
        if (outcome.refresh) void this.#topic(lane.topic).refresh();
        break;
      case 'unreachable':
      case 'unknown':
        if (brokerPause > 0) this.#rests.tell(batch, outcome, brokerPause);
        else rest = this.#rest(batch, outcome);
        void this.#topic(lane.topic).refresh();
        break;
    }
    this.#topic(lane.topic).giveBack(lane, outcome);
    if (this.#ended) return;
    if (rest) rest();
    else this.#ready(lane);
  }

  #afterFailure(entry: ProducerRecord, outcome: Failure, records: number, index: number): void {
    note(entry, outcome);
    const { attempts, durability } = entry;
    const action = decide(outcome, { records, index, attempts, durability }, this.#settings.retry.retries);
    if (action === 'refuse') {
      // `note` has counted an answer "try again".
      if (outcome.kind !== 'retriable') entry.attempts++;
      this.#refuse(entry, failures.ofAnswer(entry, outcome, index));
    } else if (action === 'give-up') this.#giveUp(entry, failures.ofAnswer(entry, outcome, index));
  }

  /** @returns what begins the pause of the batch's lane */
  #rest(batch: Batch, outcome: Parameters<Backoffs['begin']>[2]): () => void {
    const pause = this.#rests.pauseAfter(batch, outcome);
    this.#rests.tell(batch, outcome, pause);
    return () => this.#rests.begin(batch.lane, pause, outcome);
  }

  /** The only place where a record's fate is told, once: a request may be answered after the deadline has passed. */
  #settle(entry: ProducerRecord, error?: KafkaError): void {
    if (entry.state === 'done') return;
    this.#overflow?.left(entry, error);
    this.#end(entry, error);
  }

  #end(entry: ProducerRecord, error?: KafkaError): void {
    moveTo(entry, 'done');
    if (error) entry.waiter.reject(error);
    else entry.waiter.resolve();
    this.#bound.leave(entry);
    this.#live.delete(entry);
  }

  /** The broker will never take the record: to the dead-letter topic, or back to the caller. */
  #refuse(entry: ProducerRecord, answer: KafkaError): void {
    if (entry.state === 'done') return;
    const error = failures.refused(entry, answer);
    const { deadLetterTopic } = this.#settings;
    const { notify, date } = this.#context;
    const { topic } = entry.record;
    const isLetter = topic === deadLetterTopic;
    const attempts = Math.max(1, entry.attempts);
    const letter = isLetter
      ? answer.code === 'RECORD_TOO_LARGE' && smallerLetter(entry.record)
      : deadLetterTopic !== undefined && deadLetterOf(entry.record, error, attempts, deadLetterTopic, date());
    if (!letter || deadLetterTopic === undefined) {
      if (entry.durability !== 'disk') notify({ kind: 'rejected', topic, error });
      return this.#settle(entry, error);
    }
    const deadline = Math.min(entry.deadline, this.#context.clock.now() + this.#patience);
    const follower = createProducerRecord(++this.#lastId, letter, deadline, {
      resolve: () => {
        this.#overflow?.left(entry, undefined);
        entry.waiter.resolve();
      },
      reject: (failure) => {
        const fate = isLetter ? failure : failures.deadLetter(entry, error, deadLetterTopic, failure);
        this.#overflow?.left(entry, fate);
        entry.waiter.reject(fate);
      },
    });
    // The letter speaks for the record from here on.
    moveTo(entry, 'done');
    this.#overflow?.lettered(entry);
    this.#live.replace(entry, follower);
    this.#sweepLater();
    this.#bound.leave(entry);
    this.#bound.admitFollower(follower);
  }

  /** Only what the dead-letter topic has is told as a dead letter: the spool may have had it before, and told its push. */
  #tellOfLetter({ record }: ProducerRecord): void {
    const { deadLetterTopic } = this.#settings;
    if (record.topic !== deadLetterTopic) return;
    const refusal = refusalOf(record);
    if (refusal) this.#context.notify({ kind: 'dead-lettered', deadLetterTopic, ...refusal });
  }

  /** Not the record's fault, but its time or its tries are over: to the spool, or back to the caller. */
  #giveUp(entry: ProducerRecord, error: KafkaError): void {
    if (entry.state === 'done') return;
    if (this.#overflow && entry.state !== 'awaiting-schema') {
      this.#topic(entry.record.topic).runsLate(entry);
      if (this.#overflow.takes(entry, error)) return;
      error = failures.spoolSilent(entry);
    }
    this.#fail(entry, error);
  }

  #fail(entry: ProducerRecord, error: KafkaError): void {
    if (entry.state === 'done') return;
    this.#context.notify({ kind: 'gave-up', topic: entry.record.topic, error });
    this.#settle(entry, error);
  }

  #topic(name: string): Topic {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      const { retry, deliveryTimeout } = this.#settings;
      const { clock, random, notify } = this.#context;
      const hooks = {
        layout: (name: string) => this.#broker.layout(name),
        partitionOf: (key: Buffer, partitions: number) => this.#broker.partitionOf(key, partitions),
        ready: (lane: PartitionQueue) => this.#ready(lane),
        leaderChanged: (lane: PartitionQueue) => this.#rests.leaderChanged(lane),
        overflow: this.#overflow,
        refuse: (entry: ProducerRecord, error: KafkaError) => this.#refuse(entry, error),
        missing: (topic: string, error: KafkaError) => notify({ kind: 'topic-missing', topic, error }),
      };
      topic = new Topic(name, hooks, clock, retry, deliveryTimeout, random);
      this.#topics.set(name, topic);
    }
    return topic;
  }

  /** Settles what has reached its deadline, and looks for new leaders and new partitions. */
  #sweep(): void {
    const now = this.#context.clock.now();
    const errors = new ExpiryErrors(this.#settings);
    const overdue = this.#live.overdue(now);
    // A record that expires makes room: a blocked one must not be admitted for the moment that it has left.
    const blockedFirst = [
      ...overdue.filter(({ state }) => state === 'blocked'),
      ...overdue.filter(({ state }) => state !== 'blocked'),
    ];
    for (const entry of blockedFirst) {
      entry.lastError ??= entry.record.pending?.lastError ?? this.#topic(entry.record.topic).obstacle(entry);
      this.#giveUp(entry, errors.of(entry));
    }
    if (overdue.length > 0) for (const topic of this.#topics.values()) topic.dropSettled();
    this.#unfinished.sweep();
    const stalled = new Set(this.#leaders.stalledLanes(stalledAfter).map((lane) => lane.topic));
    for (const topic of this.#topics.values()) {
      const age = now - topic.askedAt;
      const stuck = stalled.has(topic.name) || topic.leaderless;
      if (age > layoutMaxAge || (stuck && age > stalledAfter)) void topic.refresh();
      topic.lookAgain();
    }
    this.#overflow?.tend(this.#topics.values(), (lane) => this.#ready(lane));
    this.#cancelSweep = undefined;
    // A batch in doubt without a leader has nobody else to ask for one, though its pushes were all told.
    const pending = [...this.#topics.values()].some(({ behind, leaderless }) => behind || leaderless);
    if (this.#live.count > 0 || pending) this.#sweepLater();
  }

  /** The lane may have something to send. */
  #ready(lane: PartitionQueue): void {
    if (lane.tail !== undefined) this.#overflow?.fetch(lane, this.#topic(lane.topic));
    this.#leaders.enqueue(lane);
  }
}
