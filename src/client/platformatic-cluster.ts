import type { Broker, Connection, ConnectionPool } from '@platformatic/kafka';
import { KafkaError } from '../vocabulary/errors.ts';
import { errorOfCode } from './broker-errors.ts';
import { connectionError } from './connection-errors.ts';
import { firstAnswer } from './first-answer.ts';
import {
  answerWithin,
  negotiate,
  type Apis,
  type Library,
  type MetadataAnswer,
} from './platformatic-apis.ts';
import { noLeader, type ClientOptions, type TopicLayout } from './port.ts';
import { platformaticSecurity } from './security.ts';

/** How long one broker may take over a question about the cluster before another one is asked too. */
const patience = 1000;
const autoCreation = { attempts: 50, pause: 100 };

/**
 * What is known of the cluster: which brokers there are, which request versions they speak, who leads what.
 *
 * The library's own cache of this is not used. It answers for all topics of a send at once, so that one missing topic
 * fails the others', one partition without a leader fails its whole topic, and a frozen first broker stalls all.
 *
 * Questions travel on connections of their own: a broker answers one request of a connection at a time, so that a
 * question behind a produce request would wait for its followers.
 */
export class PlatformaticCluster {
  readonly #library: Library;
  readonly #options: ClientOptions;
  readonly #pool: ConnectionPool;
  readonly #bootstrap: readonly Broker[];
  readonly #leaders = new Map<string, readonly number[]>();
  #brokers = new Map<number, Broker>();
  #apis: Apis | undefined;

  constructor(library: Library, options: ClientOptions) {
    this.#library = library;
    this.#options = options;
    this.#bootstrap = options.brokers.map((broker) => library.parseBroker(broker, 9092));
    this.#pool = createPool(library, options, Math.min(options.requestTimeout, 5000));
  }

  async connect(): Promise<void> {
    this.#apis = await this.ask((connection) => negotiate(this.#library, connection));
  }

  /** The request versions that this cluster and the library have in common. */
  apis(): Apis {
    if (this.#apis === undefined) throw new Error('connect() comes first');
    return this.#apis;
  }

  async layout(topic: string): Promise<TopicLayout> {
    for (let attempt = 1; ; attempt += 1) {
      const code = this.#learn(topic, await this.#metadata(topic));
      const leaders = this.#leaders.get(topic);
      if (code === 0 && leaders !== undefined && leaders.length > 0) return { leaders };
      // A topic that is being created by this question: first unknown, then without leaders.
      const creating = this.#options.autoCreateTopics && (code === 0 || code === 3 || code === 5);
      if (!creating || attempt === autoCreation.attempts) throw errorOfCode(code === 0 ? 5 : code, topic);
      await new Promise((resolve) => setTimeout(resolve, autoCreation.pause));
    }
  }

  /** Who leads a partition by the last `layout` of its topic: a broker, `noLeader`, or undefined for a partition not known. */
  leaderOf(topic: string, partition: number): Broker | typeof noLeader | undefined {
    const leader = this.#leaders.get(topic)?.[partition];
    return leader === undefined || leader === noLeader ? leader : this.#brokers.get(leader);
  }

  /** Puts a question that any broker can answer. */
  async ask<Answer>(question: (connection: Connection) => Promise<Answer>): Promise<Answer> {
    const brokers = this.#everyBroker();
    try {
      return await firstAnswer(brokers, patience, async (broker) => question(await this.#pool.get(broker)));
    } catch (failure) {
      throw connectionError(failure, brokers.map(addressOf).join(', '), this.#options);
    }
  }

  close(): Promise<void> {
    return destroyPool(this.#pool);
  }

  #metadata(topic: string): Promise<MetadataAnswer> {
    const { metadata } = this.apis();
    return this.ask(async (connection) => {
      try {
        return await metadata.async(connection, [topic], this.#options.autoCreateTopics);
      } catch (failure) {
        const answer = answerWithin(failure);
        if (answer === undefined) throw failure;
        return answer as MetadataAnswer;
      }
    });
  }

  /** Remembers an answer and returns its code for the topic. */
  #learn(topic: string, metadata: MetadataAnswer): number {
    if (metadata.brokers.length > 0) {
      this.#brokers = new Map(metadata.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    }
    const answer = metadata.topics.find(({ name }) => name === topic);
    if (answer === undefined)
      throw new KafkaError('REQUEST_FAILED', `Kafka gave no answer about topic "${topic}".`);
    if (answer.errorCode !== 0) {
      this.#leaders.delete(topic);
      return answer.errorCode;
    }
    const leaders = answer.partitions.map(() => noLeader as number);
    for (const { partitionIndex, leaderId } of answer.partitions) leaders[partitionIndex] = leaderId;
    this.#leaders.set(topic, leaders);
    return 0;
  }

  /** The brokers last heard of first: in a cloud the bootstrap name may point to brokers long replaced. */
  #everyBroker(): Broker[] {
    const brokers = new Map(
      [...this.#brokers.values(), ...this.#bootstrap].map((broker) => [addressOf(broker), broker]),
    );
    return [...brokers.values()];
  }
}

export function createPool(library: Library, options: ClientOptions, requestTimeout: number): ConnectionPool {
  const pool = new library.ConnectionPool(safeClientId(options.clientId), {
    connectTimeout: options.connectTimeout,
    requestTimeout,
    ...platformaticSecurity(options),
  });
  // A connection that fails twice (refused credentials, then a reset) emits an 'error' nobody hears, which ends the process.
  pool.on('connecting', ({ connection }) => connection.on('error', () => undefined));
  return pool;
}

/** Does not wait for what a frozen broker never reads. */
export async function destroyPool(pool: ConnectionPool): Promise<void> {
  const connections = [...pool].map(([, connection]) => connection);
  const closed = pool.close();
  for (const { socket } of connections) socket?.destroy();
  await closed;
}

export function addressOf({ host, port }: Broker): string {
  return `${host}:${port}`;
}

/** The library refuses white space, which Kafka allows. */
function safeClientId(clientId: string): string {
  return clientId.trim().replace(/\s+/g, '-') || 'walkeros';
}
