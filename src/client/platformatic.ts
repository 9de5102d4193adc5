import type { Broker, ConnectionPool, MessageRecord } from '@platformatic/kafka';
import type { Outcome } from '../vocabulary/outcome.ts';
import type { RecordHeaders } from '../vocabulary/record.ts';
import { outcomeOfCode } from './broker-errors.ts';
import { connectionError } from './connection-errors.ts';
import { clientClosed } from './messages.ts';
import type { BatchOptions, Library } from './platformatic-apis.ts';
import { addressOf, createPool, destroyPool, PlatformaticCluster } from './platformatic-cluster.ts';
import { outcomesOfAnswer, outcomesOfFailure } from './platformatic-errors.ts';
import { noLeader, type Client, type ClientOptions, type Slice, type TopicLayout } from './port.ts';
import { IdempotentSender, type Stamp } from './platformatic-idempotent.ts';

/**
 * A client on the request layer of @platformatic/kafka: its connections, TLS, SASL, encoders and compression, without
 * its producer, which hides what became of a partition in trees of errors, answers "unknown topic" for the wrong topic
 * and guards sequence numbers per send and not per partition.
 */
export async function createPlatformaticClient(options: ClientOptions): Promise<Client> {
  return new PlatformaticClient(await import('@platformatic/kafka'), options);
}

class PlatformaticClient implements Client {
  readonly maxRecordsPerSlice = 10_000;
  readonly #options: ClientOptions;
  readonly #cluster: PlatformaticCluster;
  readonly #pool: ConnectionPool;
  readonly #idempotent: IdempotentSender | undefined;
  readonly #headers = new WeakMap<RecordHeaders, Map<Buffer, Buffer>>();
  #closing: Promise<void> | undefined;

  constructor(library: Library, options: ClientOptions) {
    this.#options = options;
    this.#cluster = new PlatformaticCluster(library, options);
    this.#pool = createPool(library, options, options.requestTimeout);
    this.#idempotent = options.idempotent ? this.#createIdempotent(library) : undefined;
  }

  connect(): Promise<void> {
    return this.#closing === undefined ? this.#cluster.connect() : Promise.reject(clientClosed());
  }

  layout(topic: string): Promise<TopicLayout> {
    return this.#closing === undefined ? this.#cluster.layout(topic) : Promise.reject(clientClosed());
  }

  produce(slices: readonly Slice[]): Promise<Outcome[]> {
    return this.#idempotent?.produce(slices) ?? this.#send(slices);
  }

  async close(): Promise<void> {
    this.#closing ??= Promise.all([this.#cluster.close(), destroyPool(this.#pool)]).then(() => undefined);
    return this.#closing;
  }

  async #send(slices: readonly Slice[], stamp?: Stamp): Promise<Outcome[]> {
    const outcomes = new Map<Slice, Outcome>();
    const byLeader = new Map<Broker, Slice[]>();
    for (const slice of slices) {
      const leader = this.#cluster.leaderOf(slice.topic, slice.partition);
      if (leader === undefined) outcomes.set(slice, outcomeOfCode(3, slice.topic));
      else if (leader === noLeader) outcomes.set(slice, outcomeOfCode(5, slice.topic));
      else byLeader.set(leader, [...(byLeader.get(leader) ?? []), slice]);
    }
    await Promise.all(
      [...byLeader].map(async ([leader, led]) => {
        const answers = await this.#request(leader, led, stamp);
        led.forEach((slice, index) => outcomes.set(slice, answers[index] ?? outcomeOfCode(-1, slice.topic)));
      }),
    );
    return slices.map((slice) => outcomes.get(slice) ?? outcomeOfCode(-1, slice.topic));
  }

  /** One Produce request to one broker. */
  async #request(leader: Broker, slices: readonly Slice[], stamp: Stamp | undefined): Promise<Outcome[]> {
    const { acks, ackTimeout, compression } = this.#options;
    const closed = this.#closed(slices);
    if (closed !== undefined) return closed;
    let connection;
    try {
      connection = await this.#pool.get(leader);
    } catch (failure) {
      const error = connectionError(failure, addressOf(leader), this.#options);
      return this.#closed(slices) ?? slices.map(() => ({ kind: 'unreachable', error }));
    }
    try {
      const batch: BatchOptions = { compression, ...stamp };
      const answer = await this.#cluster
        .apis()
        .produce.async(connection, acks, ackTimeout, this.#messages(slices), batch);
      // Without acks nothing comes back: the request has been handed to the socket.
      return typeof answer === 'boolean'
        ? slices.map(() => ({ kind: 'stored' }))
        : outcomesOfAnswer(answer, slices);
    } catch (failure) {
      return outcomesOfFailure(failure, slices, addressOf(leader));
    }
  }

  #closed(slices: readonly Slice[]): Outcome[] | undefined {
    if (this.#closing === undefined) return undefined;
    return slices.map(() => ({ kind: 'rejected', error: clientClosed() }));
  }

  #messages(slices: readonly Slice[]): MessageRecord[] {
    return slices.flatMap(({ topic, partition, records }) =>
      records.map(({ key, value, headers, timestamp }) => ({
        topic,
        partition,
        key,
        value,
        headers: this.#encoded(headers),
        timestamp: BigInt(timestamp),
      })),
    );
  }

  /** One headers object serves all records of a rule: encoded once. */
  #encoded(headers: RecordHeaders): Map<Buffer, Buffer> {
    let encoded = this.#headers.get(headers);
    if (encoded === undefined) {
      encoded = new Map(
        Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)]),
      );
      this.#headers.set(headers, encoded);
    }
    return encoded;
  }

  #createIdempotent(library: Library): IdempotentSender {
    return new IdempotentSender({
      send: (slices, stamp) => this.#send(slices, stamp),
      register: () =>
        this.#cluster.ask((connection) =>
          this.#cluster.apis().initProducerId.async(connection, null, this.#options.ackTimeout),
        ),
      locate: (topic) => this.layout(topic),
      sequences: () => new library.NumericMap(),
      patience: this.#options.requestTimeout,
    });
  }
}
