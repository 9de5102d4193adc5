import type { ISocketFactory, Logger } from 'kafkajs';
import type Broker from 'kafkajs/src/broker/index.js';
import type ConnectionPool from 'kafkajs/src/network/connectionPool.js';
import type { Connection as LibraryConnection, Exchange } from 'kafkajs/src/network/connectionPool.js';
import type * as protocol from 'kafkajs/src/protocol/requests/index.js';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ClientOptions } from '../port.ts';
import type { Internals } from './internals.ts';
import { kafkajsLogin } from './login.ts';
import { apiKeys, newestVersion, type RequestName } from '../../protocol/api-versions.ts';
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
import { kafkaErrors, type CodeAnswer } from '../../protocol/kafka-errors.ts';
import { decodeProduceAnswer, type ProduceAnswer } from '../../protocol/produce-answer.ts';
import { produceVersion } from '../../protocol/produce-request.ts';
import type { ProducerId } from '../../model/partition.ts';
import type { TopicConfig, TopicSpec, Address } from '../../model/cluster.ts';
import { guardFrames, NotKafka } from '../../protocol/frames.ts';
import { checkAnswer } from './check-answer.ts';
import { connectOptions, serverNameOf } from '../tls/options.ts';

/**
 * Connections of kafkajs, and its encoders. Its producer is not used: it fails all topics when one is missing, does not say
 * which partition an error is about, and leaves timed-out sockets in use.
 */
export function kafkajsConnections(
  internals: Internals,
  options: ClientOptions,
): Connections<KafkajsConnection> {
  return new Connections(
    (broker, purpose) => new KafkajsConnection(internals, options, broker, purpose),
    options,
  );
}

/** Kafka's number of the resource whose configuration is asked for. */
const topicResource = 2;

/**
 * A question about the brokers alone. kafkajs writes an empty list as null, which asks for all topics: megabytes, where a
 * cluster has many.
 */
function noTopics(version: number): Buffer {
  // From version 4 on it is followed by allow_auto_topic_creation.
  return Buffer.alloc(version < 4 ? 4 : 5);
}

/** One connection of kafkajs, with the life of its socket: when one ends, so does the other, and everything in flight. */
export class KafkajsConnection implements Connection {
  /** Of produce requests. kafkajs's own goes by the wall clock, and takes what it kept back for sent. */
  readonly #throttle = new Throttle();
  readonly #pool: ConnectionPool;
  readonly #broker: Broker;
  readonly #requestTimeout: number;
  readonly #internals: Internals;
  readonly #options: ClientOptions;
  #socket: Socket | undefined;
  #opening: Promise<void> | undefined;
  #ended = false;

  constructor(internals: Internals, options: ClientOptions, { host, port }: Address, purpose: Purpose) {
    const { Broker, ConnectionPool, authenticators } = internals;
    const requestTimeout = requestTimeoutOf(purpose, options);
    this.#internals = internals;
    this.#options = options;
    this.#requestTimeout = requestTimeout;
    this.#pool = new ConnectionPool({
      host,
      port,
      clientId: options.clientId,
      connectionTimeout: options.connectTimeout,
      requestTimeout,
      ...(options.tls && { ssl: connectOptions(options.tls.reveal()) }),
      ...(options.sasl && { sasl: kafkajsLogin(options.sasl, authenticators) }),
      logger: silence,
      socketFactory: (wanted) => this.#createSocket(wanted),
      // A socket on which a request timed out is dead, or answers in an order that nobody expects any more.
      instrumentationEmitter: { emit: (event) => event === 'network.request_timeout' && void this.destroy() },
    });
    for (const connection of this.#pool.pool) {
      neverThrottle(connection);
      checkAnswers(connection);
      renewInGoodTime(connection);
      checkTimeOutsInFlight(connection);
    }
    this.#broker = new Broker({ connectionPool: this.#pool, logger: silence, versions: null });
  }

  /** Opens the connection; those who ask meanwhile share the opening. A failed connection is of no further use. */
  ready(): Promise<void> {
    this.#opening ??= this.#broker.connect().then(
      () => void this.#socket?.unref(),
      (failure: unknown) => {
        void this.destroy();
        throw failure;
      },
    );
    return this.#opening;
  }

  async metadata(topic?: string): Promise<MetadataAnswer> {
    const { brokers, clusterId, controllerId, topicMetadata } = await this.#exchange(
      'Metadata',
      this.#internals.requests.Metadata,
      {
        topics: topic === undefined ? [] : [topic],
        allowAutoTopicCreation: this.#options.autoCreateTopics,
      },
      topic === undefined ? noTopics : undefined,
    );
    return saneMetadata(topic, {
      brokers,
      clusterId,
      controllerId,
      topics: topicMetadata.map(({ topic: name, topicErrorCode, partitionMetadata }) => ({
        name,
        code: topicErrorCode,
        partitions: partitionMetadata.map(({ partitionId, leader, replicas, isr }) => ({
          partition: partitionId,
          leader,
          replicas: replicas.length,
          inSync: isr.length,
        })),
      })),
    });
  }

  async initProducerId(): Promise<ProducerId> {
    const { errorCode, producerId, producerEpoch } = await this.#exchange(
      'InitProducerId',
      this.#internals.requests.InitProducerId,
      { transactionTimeout: this.#options.ackTimeout },
    );
    if (errorCode !== kafkaErrors.NONE)
      throw Object.assign(new Error('no producer id'), { apiCode: errorCode });
    return { producerId: BigInt(producerId), producerEpoch };
  }

  async produce(body: readonly Buffer[]): Promise<ProduceAnswer | undefined> {
    const version = produceVersion(this.#broker.versions?.[apiKeys.Produce], this.#options.compression);
    const bytes = Buffer.concat(body);
    const request = {
      apiKey: apiKeys.Produce,
      apiVersion: version,
      apiName: 'Produce',
      expectResponse: () => this.#options.acks !== 0,
      encode: () => Promise.resolve({ buf: bytes, buffer: bytes }),
    };
    await this.#throttle.over();
    const answer = await this.#send<ProduceAnswer | undefined>(request, (received) => {
      const { partitions, throttle } = decodeProduceAnswer(received, version);
      this.#throttle.extend(throttle);
      return Promise.resolve(partitions);
    });
    if (this.#options.acks === 0) await flushed(this.#socket, this.#requestTimeout);
    return answer;
  }

  async createTopic(topic: TopicSpec, validateOnly: boolean): Promise<CodeAnswer> {
    const { name, numPartitions, replicationFactor, configEntries } = topic;
    const entries = Object.entries(configEntries).map(([entry, value]) => ({ name: entry, value }));
    const { topicErrors } = await this.#exchange('CreateTopics', this.#internals.requests.CreateTopics, {
      topics: [{ topic: name, numPartitions, replicationFactor, configEntries: entries }],
      timeout: this.#options.ackTimeout,
      validateOnly,
    });
    return codeAnswer(topicErrors[0]);
  }

  async topicConfig(topic: string): Promise<CodeAnswer & { entries: TopicConfig }> {
    const { resources } = await this.#exchange('DescribeConfigs', this.#internals.requests.DescribeConfigs, {
      resources: [{ type: topicResource, name: topic }],
    });
    const entries = resources[0]?.configEntries ?? [];
    return {
      ...codeAnswer(resources[0]),
      entries: new Map(entries.map(({ configName, configValue }) => [configName, configValue])),
    };
  }

  /** An answer as it came: kafkajs's own reading throws its first error, without saying which partition it is about. */
  #exchange<Options, Answer>(
    name: RequestName,
    definition: protocol.Definition<Options, Answer>,
    options: Options,
    bodyOf?: (version: number) => Buffer,
  ): Promise<Answer> {
    // kafkajs's own choice looks at the broker's newest version alone, not at its oldest.
    const version = newestVersion(
      name,
      definition.versions.map(Number),
      this.#broker.versions?.[apiKeys[name]],
    );
    const { request, response } = definition.protocol({ version })(options);
    const decode = (bytes: Buffer): Promise<Answer> => response.decode(bytes);
    if (bodyOf === undefined) return this.#send(request, decode);
    const body = bodyOf(version);
    return this.#send({ ...request, encode: () => Promise.resolve({ buf: body, buffer: body }) }, decode);
  }

  /** A request that kafkajs does not know how to write. */
  async #send<Answer>(
    request: Exchange<Answer>['request'],
    decode: (bytes: Buffer) => Promise<Answer>,
  ): Promise<Answer> {
    await this.#loggedIn();
    // Or kafkajs would open another connection, which nobody would close.
    if (this.#ended) throw new NotSent(new Error('Not connected'));
    return this.#pool.send({ request, response: { decode, parse: (answer) => Promise.resolve(answer) } });
  }

  get isOpen(): boolean {
    return !this.#ended;
  }

  destroy(): Promise<void> {
    this.#socket?.destroy();
    this.#end();
    return Promise.resolve();
  }

  /** A broker that refuses a second login hangs up; then the next try begins with a new connection. */
  async #loggedIn(): Promise<void> {
    try {
      await this.#pool.pool[0]?.authenticate();
    } catch (failure) {
      void this.destroy();
      throw new NotSent(failure);
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#throttle.end();
    for (const connection of this.#pool.pool) {
      connection.rejectRequests(new Error('Connection closed'));
      // A login of Kafka before 1.0 is no request: kafkajs ends it only where the broker hangs up.
      connection.authHandlers?.onError();
      void connection.disconnect();
    }
  }

  #createSocket({ host, port, ssl, onConnect }: Parameters<ISocketFactory>[0]): Socket {
    const socket = ssl
      ? connectTls({ host, port, servername: serverNameOf(host), ...ssl }, onConnect)
      : connectPlain({ host, port }, onConnect);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    guardFrames(socket, { tls: Boolean(ssl), numbered: () => !this.#pool.pool[0]?.authHandlers });
    // Before kafkajs hears of it: with the next request it would open another socket on this connection, which the
    // 'close' of this one then ends in the middle of its TLS handshake.
    socket.once('end', () => void this.destroy());
    // kafkajs listens to 'end' and 'error' only: a destroyed socket would leave its requests waiting for their time-out.
    socket.once('close', () => this.#end());
    this.#socket = socket;
    return socket;
  }
}

/**
 * kafkajs would keep requests back by a throttle time, for days if an answer says so, and looks after them with a timer that
 * sets itself again, with a negative delay when nothing is throttled: a busy loop, and a TimeoutNegativeWarning of Node.
 */
function neverThrottle({ requestQueue }: LibraryConnection): void {
  requestQueue.maybeThrottle = silent;
  requestQueue.scheduleCheckPendingRequests = silent;
}

/** Answers that nobody waits for, and those that kafkajs could not read without harm, do not come through. */
function checkAnswers({ requestQueue }: LibraryConnection): void {
  const fulfill = requestQueue.fulfillRequest.bind(requestQueue);
  requestQueue.fulfillRequest = (answer) => {
    const request = requestQueue.inflight.get(answer.correlationId)?.entry;
    if (request === undefined)
      throw new NotKafka('it answers a request that nobody sent, which is not Kafka');
    checkAnswer(request, answer.payload);
    fulfill(answer);
  };
}

/** kafkajs looks ten times a second on each connection for requests that took too long, though none is in flight. */
function checkTimeOutsInFlight({ requestQueue }: LibraryConnection): void {
  const check = requestQueue.scheduleRequestTimeoutCheck.bind(requestQueue);
  const send = requestQueue.sendSocketRequest.bind(requestQueue);
  requestQueue.scheduleRequestTimeoutCheck = silent;
  requestQueue.sendSocketRequest = (request) => {
    send(request);
    if (requestQueue.inflight.size === 1) check();
  };
  requestQueue.on('requestQueueEmpty', () => requestQueue.destroy());
}

/** The part of a session after which to log in again, as the other library does. */
const renewAfter = 0.8;

/**
 * kafkajs logs in again 10 s before a session's end, however short it is. Of a session of 10 s that is before every
 * request, and brokers allow one login a second.
 */
function renewInGoodTime(connection: LibraryConnection): void {
  Object.defineProperty(connection, 'reauthenticationThreshold', {
    get: () => Math.round(Number(connection.sessionLifetime.toString()) * (1 - renewAfter)),
  });
}

const silent = (): void => undefined;
/** What kafkajs would log is in the errors it throws. */
const silence: Logger = {
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
  setLogLevel: silent,
  namespace: () => silence,
};
