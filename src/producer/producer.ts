import type { KafkaError } from '../model/errors.ts';
import type { KafkaRecord } from '../model/record.ts';
import { BufferPool } from './buffer-pool.ts';
import { Completion } from './completion.ts';
import { ExpiryErrors, producerErrors } from './errors.ts';
import { LiveRecords } from './live-records.ts';
import type { ProducerClient, ProducerContext, ProducerSettings } from './ports.ts';
import { createProducerRecord, type ProducerRecord, type Callback } from './producer-record.ts';
import { Backoffs } from './retry-policy.ts';
import { Resolution } from './resolution.ts';
import { Sender } from './sender.ts';
import { Serialization } from './serialization.ts';
import type { Shared } from './shared.ts';
import { marginOf, SpooledRecords } from './spooled-records.ts';

/** How often deadlines are looked at; a record expires at most this late. Milliseconds. */
const sweepInterval = 100;
/** So many records expire in one turn of the event loop at most: each push has somebody who is told. */
const expiredAtOnce = 2_000;

/**
 * Takes records and completes each of them exactly once, in the order of their keys. DESIGN.md has their way as a list of
 * calls, from `send` down to the broker; `Completion` says how a record ends.
 */
export class Producer {
  readonly #shared: Shared;
  readonly #completion: Completion;
  readonly #sender: Sender;
  readonly #serialization: Serialization;
  readonly #resolution: Resolution;
  readonly #lifecycle = { isClosing: false, isClosed: false };
  #cancelSweep: (() => void) | undefined;
  /**
   * What has to expire in this sweep, and how much of it has. Fields, for an error keeps the functions of its stack, and with
   * them the records that they would close over.
   */
  #overdue: readonly ProducerRecord[] | undefined;
  #expired = 0;
  #expiryErrors: ExpiryErrors;

  constructor(client: ProducerClient, settings: ProducerSettings, context: ProducerContext) {
    const { spool, deliveryTimeout } = settings;
    const lifecycle = this.#lifecycle;
    const timeout = deliveryTimeout - (spool ? marginOf(deliveryTimeout) : 0);
    const pool = new BufferPool(settings.bufferMemory);
    const live = new LiveRecords(pool, spool?.file.lastId ?? 0);
    const spooled = spool && new SpooledRecords(spool.file, live, deliveryTimeout, { ...context, lifecycle });
    const shared: Shared = { ...context, settings, lifecycle, pool, live, spooled, timeout };
    const completion = new Completion(shared);
    const backoffs = new Backoffs(settings.retry, context);
    this.#shared = shared;
    this.#expiryErrors = new ExpiryErrors(settings);
    this.#completion = completion;
    this.#sender = new Sender({ ...shared, client, completion, backoffs });
    this.#serialization = new Serialization(this.#sender, completion, shared);
    this.#resolution = new Resolution(completion, shared, (records) =>
      this.#sender.together(() => records.forEach((record) => this.#admit(record))),
    );
    void this.#addAdmissible();
    for (const topic of spooled?.leftovers ?? []) {
      this.#sender.recover(topic);
      this.#sweepLater();
    }
  }

  /**
   * Resolves once the broker has acknowledged the record under `acks`, or the spool or the dead-letter topic has it.
   * @throws KafkaError that names the topic and says whether the record may have been written
   */
  send(content: KafkaRecord): Promise<void> {
    const callback = Promise.withResolvers<void>();
    this.#add(content, callback);
    return callback.promise;
  }

  /** Sends records together. Resolves to the error of each, in their order; undefined where it is stored. */
  sendAll(contents: readonly KafkaRecord[]): Promise<(KafkaError | undefined)[]> {
    const { all, callbackOf } = answersOf(contents.length);
    this.#sender.together(() => contents.forEach((content, index) => this.#add(content, callbackOf(index))));
    return all;
  }

  /** Asks for what the first record of the topic would wait for. The topic exists. */
  expect(topic: string): void {
    if (!this.#lifecycle.isClosing) this.#sender.expect(topic);
  }

  /**
   * Takes nothing more and sends what waits for at most `timeout` milliseconds. What is left then goes to the spool, or
   * is rejected.
   * @returns how many records were left behind
   */
  async close(timeout: number): Promise<number> {
    this.#lifecycle.isClosing = true;
    this.#sender.flush(timeout);
    const { clock, live, spooled } = this.#shared;
    await live.none(timeout, clock);
    await spooled?.persistAll();
    await this.#sender.noteInDoubt();
    const left = this.#completion.close();
    this.#lifecycle.isClosed = true;
    this.#sender.close();
    this.#cancelSweep?.();
    return left;
  }

  /** What is under way, what waits for room or for the disk included. */
  get waiting(): { readonly records: number; readonly bytes: number } {
    const { count, bytes } = this.#shared.live;
    return { records: count, bytes };
  }

  #add(content: KafkaRecord, callback: Callback): void {
    if (this.#lifecycle.isClosing) return callback.reject(producerErrors.closed(content.topic));
    const { clock, live, timeout } = this.#shared;
    const record = createProducerRecord(live.nextId(), content, clock.now() + timeout, callback);
    live.add(record);
    this.#sweepLater();
    if (!this.#resolution.add(record)) this.#admit(record);
  }

  /** Takes up its bytes, and goes on, or waits until there is room. */
  #admit(record: ProducerRecord): void {
    const { notify, pool, settings } = this.#shared;
    const { bufferMemory, spool } = settings;
    if (record.bytes > bufferMemory)
      return this.#completion.reject(record, producerErrors.largerThanBuffer(record, bufferMemory));
    const admitted = pool.admit(record);
    // With a spool it goes on without room, and `DiskOverflow.enter` sends it to the disk alone.
    if (admitted || spool) this.#serialization.add(record);
    else pool.block(record);
    if (!admitted) notify({ kind: 'buffer-full', bufferMemory, spooled: spool !== undefined });
  }

  /** Dead letters, and blocked records as soon as there is room for them. */
  async #addAdmissible(): Promise<void> {
    const { pool } = this.#shared;
    for (;;) {
      await pool.admissible();
      for (let records = pool.takeAdmissible(); records.length > 0;) {
        for (const record of records) if (record.state !== 'done') this.#serialization.add(record);
        // A record that was rejected at once has made room for the next.
        records = pool.takeAdmissible();
      }
    }
  }

  #sweepLater(): void {
    this.#cancelSweep ??= this.#shared.clock.after(sweepInterval, () => this.#sweep());
  }

  /** Ends what has reached its deadline, and looks after what waits. */
  #sweep(): void {
    this.#overdue ??= this.#nextOverdue();
    const some = this.#overdue.slice(this.#expired, this.#expired + expiredAtOnce);
    this.#completion.holdNotices();
    for (const record of some) {
      record.lastError ??= record.content.pending?.lastError ?? this.#sender.blockingError(record);
      this.#sender.expire(record, this.#expiryErrors.of(record));
    }
    this.#completion.giveNotices();
    this.#expired += some.length;
    this.#cancelSweep = undefined;
    if (this.#expired < this.#overdue.length)
      this.#cancelSweep = this.#shared.clock.after(0, () => this.#sweep());
    else this.#tend(some.length > 0);
  }

  /** Blocked records first: the others make room, which these would take for the moment that they have left. */
  #nextOverdue(): ProducerRecord[] {
    const overdue = this.#shared.live.overdue(this.#shared.clock.now());
    const blocked = overdue.filter(({ state }) => state === 'blocked');
    return blocked.length === 0
      ? overdue
      : [...blocked, ...overdue.filter(({ state }) => state !== 'blocked')];
  }

  #tend(expired: boolean): void {
    this.#overdue = undefined;
    this.#expired = 0;
    this.#expiryErrors = new ExpiryErrors(this.#shared.settings);
    this.#resolution.tend(this.#shared.clock.now());
    this.#serialization.tend();
    const pending = this.#sender.tend(expired);
    if (this.#shared.live.count > 0 || pending) this.#sweepLater();
  }
}

/**
 * What becomes of records that are sent together. Written inside `sendAll`, the callbacks would keep its contents in memory.
 * @returns `all` resolves to the error of each, once all have been told; undefined where it is stored
 */
function answersOf(records: number) {
  const { promise: all, resolve } = Promise.withResolvers<(KafkaError | undefined)[]>();
  const errors = new Array<KafkaError | undefined>(records).fill(undefined);
  let open = records;
  if (records === 0) resolve(errors);
  const oneMore = (): void => {
    if (--open === 0) resolve(errors);
  };
  const callbackOf = (index: number): Callback => ({
    resolve: oneMore,
    reject: (error) => {
      errors[index] = error;
      oneMore();
    },
  });
  return { all, callbackOf };
}
