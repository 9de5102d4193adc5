import type {
  Connection as LibraryConnection,
  ConnectionOptions,
  ConnectionStatusValue,
  Writer,
} from '@platformatic/kafka';
import type { Address, TopicConfig, TopicSpec } from '../../model/cluster.ts';
import type { ProducerId } from '../../model/partition.ts';
import { apiKeys } from '../../protocol/api-versions.ts';
import type { CodeAnswer } from '../../protocol/kafka-errors.ts';
import { decodeProduceAnswer, type ProduceAnswer } from '../../protocol/produce-answer.ts';
import {
  codeAnswer,
  flushed,
  NotSent,
  requestTimeoutOf,
  type Connection,
  type Purpose,
  Throttle,
} from '../connection.ts';
import { Connections } from '../connections.ts';
import { saneMetadata, type MetadataAnswer } from '../metadata.ts';
import type { ClientOptions } from '../port.ts';
import { connectOptions, serverNameOf } from '../tls/options.ts';
import { answerOf, negotiate, rawMetadata, type Apis } from './apis.ts';
import { guardedConnection } from './guarded.ts';
import type { Library } from './library.ts';
import { platformaticLogin } from './login.ts';

/**
 * Connections on the request layer of @platformatic/kafka. Its producer is not used: it hides what became of a partition in trees
 * of errors, and counts sequence numbers per send, not per partition. Nor is its pool, which forgets by address: a
 * connection whose second login was refused closes when the next one stands in its place, and that was open for ever.
 */
export function platformaticConnections(
  library: Library,
  options: ClientOptions,
): Connections<PlatformaticConnection> {
  const Guarded = guardedConnection(library);
  return new Connections(
    (broker, purpose) => new PlatformaticConnection(library, Guarded, options, broker, purpose),
    options,
  );
}

const over: ReadonlySet<ConnectionStatusValue> = new Set(['closing', 'closed', 'error']);

/** One connection of the library, and the requests that its broker speaks. */
export class PlatformaticConnection implements Connection {
  /** The library's own, for requests that `Connection` does not have. */
  readonly connection: LibraryConnection;
  /** Why it ended: to those who wait on it the library says "Connection closed". */
  reason: unknown;
  readonly #library: Library;
  readonly #options: ClientOptions;
  readonly #broker: Address;
  readonly #throttle = new Throttle();
  #opening: Promise<Apis> | undefined;
  #apis: Apis | undefined;
  #ended = false;

  constructor(
    library: Library,
    Guarded: Library['Connection'],
    options: ClientOptions,
    broker: Address,
    purpose: Purpose,
  ) {
    this.#library = library;
    this.#options = options;
    this.#broker = broker;
    const settings = settingsOf(library, options, broker, requestTimeoutOf(purpose, options));
    this.connection = new Guarded(withoutSpaces(options.clientId), settings);
    this.#watch();
  }

  get isOpen(): boolean {
    return !this.#ended && !over.has(this.connection.status);
  }

  async ready(): Promise<void> {
    this.#opening ??= this.#open();
    await this.#opening;
    await this.#established();
  }

  /** The requests that the broker speaks, once the connection is ready. */
  get apis(): Apis {
    if (this.#apis === undefined) throw new NotSent(new Error('Not connected'));
    return this.#apis;
  }

  async metadata(topic?: string): Promise<MetadataAnswer> {
    await this.#loggedIn();
    const topics = topic === undefined ? [] : [topic];
    const { autoCreateTopics } = this.#options;
    const asked = this.apis.metadata.async(this.connection, topics, autoCreateTopics);
    return saneMetadata(topic, rawMetadata(await answerOf(asked)));
  }

  async initProducerId(): Promise<ProducerId> {
    await this.#loggedIn();
    return this.apis.initProducerId.async(this.connection, null, this.#options.ackTimeout);
  }

  async produce(body: readonly Buffer[]): Promise<ProduceAnswer | undefined> {
    await this.#throttle.over();
    const version = this.apis.produceVersion(this.#options.compression);
    await this.#loggedIn();
    const silent = this.#options.acks === 0;
    // When the socket closes, the library calls back with "Connection closed": nobody knows whether the broker has the request.
    const answer = await new Promise<ProduceAnswer | undefined>((resolve, reject) => {
      this.connection.send<ProduceAnswer>(
        apiKeys.Produce,
        version,
        () => this.#writer(body, silent),
        (_id, _key, _version, { buffer, position }) => {
          const { partitions, throttle } = decodeProduceAnswer(buffer.slice(position), version);
          this.#throttle.extend(throttle);
          return partitions;
        },
        false,
        false,
        (error, received) => {
          if (error !== null) reject(error);
          else resolve(silent ? undefined : received);
        },
      );
    });
    if (silent) await flushed(this.connection.socket, this.#options.requestTimeout);
    return answer;
  }

  /** Not by the library's own admin, which drops `validateOnly` and creates the topic. */
  async createTopic(topic: TopicSpec, validateOnly: boolean): Promise<CodeAnswer> {
    const { configEntries, ...shape } = topic;
    await this.#loggedIn();
    const configs = Object.entries(configEntries).map(([name, value]) => ({ name, value }));
    const asked = this.apis.createTopics.async(
      this.connection,
      [{ ...shape, assignments: [], configs }],
      this.#options.ackTimeout,
      validateOnly,
    );
    const { topics } = await answerOf(asked);
    return codeAnswer(topics[0]);
  }

  async topicConfig(topic: string): Promise<CodeAnswer & { entries: TopicConfig }> {
    await this.#loggedIn();
    const { TOPIC } = this.#library.ConfigResourceTypes;
    const resource = { resourceType: TOPIC, resourceName: topic, configurationKeys: null };
    const asked = this.apis.describeConfigs.async(this.connection, [resource], false, false);
    const { results } = await answerOf(asked);
    const configs = results[0]?.configs ?? [];
    return {
      ...codeAnswer(results[0]),
      entries: new Map(configs.map(({ name, value }) => [name, value ?? null])),
    };
  }

  async destroy(): Promise<void> {
    // The library would wait for a second 'close' of the socket.
    const isClosed = this.connection.socket?.closed === true;
    const closed = this.connection.close();
    this.connection.socket?.destroy();
    if (!isClosed) await closed;
  }

  /** Asks the broker what it speaks: brokers are upgraded and rolled back one by one. */
  async #open(): Promise<Apis> {
    try {
      await this.connection.connect(this.#broker.host, this.#broker.port);
      this.#apis = await negotiate(this.#library, this.connection);
      this.connection.socket?.unref();
      return this.#apis;
    } catch (failure) {
      // Of no use to those who come later. One that was not established in time would say "connecting" for ever.
      void this.destroy();
      throw failure;
    }
  }

  #watch(): void {
    // Refused credentials and then a reset are two 'error's on one connection. An 'error' that nobody hears ends the
    // process.
    this.connection.on('error', (reason) => {
      this.reason ??= reason;
      this.#ended = true;
      // The library says farewell where a login was refused, and a frozen broker never reads it.
      this.connection.socket?.destroy();
    });
    // The library forgets the timer of the next login when the broker hangs up: it would keep the process from ending,
    // and then log in on a socket that is gone.
    this.connection.once('close', () => {
      this.#ended = true;
      this.#throttle.end();
      void this.connection.close();
    });
  }

  /** Waits for a login that is under way. The library's `ready` never answers about a connection that is over. */
  async #established(): Promise<void> {
    if (this.connection.isConnected()) return;
    if (!this.isOpen) throw new Error('Connection closed');
    await this.connection.ready();
  }

  /**
   * A session ends, and the library logs in again on the same connection. A request between the two messages of a
   * login makes the broker hang up, on what is in flight as well.
   * A connection may also have closed since it was got, a turn ago.
   */
  async #loggedIn(): Promise<void> {
    await this.#established().catch((failure: unknown) => {
      throw new NotSent(failure);
    });
  }

  #writer(body: readonly Buffer[], noResponse: boolean): Writer {
    const writer = this.#library.Writer.create();
    for (const piece of body) writer.append(piece);
    writer.context.noResponse = noResponse;
    return writer;
  }
}

function settingsOf(
  library: Library,
  { connectTimeout, tls, sasl }: ClientOptions,
  { host }: Address,
  requestTimeout: number,
): ConnectionOptions {
  // The library sends none of itself, and proxies in front of brokers go by it.
  const tlsServerName = tls && (tls.reveal().servername ?? serverNameOf(host));
  return {
    connectTimeout,
    requestTimeout,
    ...(tls && { tls: connectOptions(tls.reveal()) }),
    ...(sasl && { sasl: platformaticLogin(library, sasl) }),
    ...(tlsServerName !== undefined && { tlsServerName }),
  };
}

/** The library refuses white space, which Kafka allows. */
function withoutSpaces(clientId: string): string {
  return clientId.trim().replace(/\s+/g, '-') || 'walkeros';
}
