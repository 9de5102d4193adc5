import { setTimeout as sleep } from 'node:timers/promises';
import type { TopicConfig, TopicShape, TopicSpec, Address } from '../model/cluster.ts';
import {
  createTopicError,
  describeTopicError,
  noController,
  topicConfigError,
} from './errors/request-errors.ts';
import { kafkaErrors, type CodeAnswer } from '../protocol/kafka-errors.ts';
import { Cluster } from './cluster.ts';
import type { Admin, ClientOptions } from './port.ts';
import type { Transport } from './connection.ts';
import type { MetadataAnswer } from './metadata.ts';

/** A controller that was replaced is known to all brokers within this. Milliseconds. */
const election = { attempts: 20, pause: 250 };
/** A topic just created is announced to all brokers, and gets its leaders, within this. */
const announcement = { attempts: 50, pause: 100 };

export class KafkaAdmin implements Admin {
  readonly #transport: Transport;
  readonly #cluster: Cluster;

  /** @param options without `autoCreateTopics`: to ask for a topic must not create it */
  constructor(transport: Transport, options: ClientOptions) {
    this.#transport = transport;
    this.#cluster = new Cluster(transport, options);
  }

  async describeTopic(topic: string): Promise<TopicShape | undefined> {
    const { code, partitions } = await this.#metadata(topic);
    if (code === kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION) return undefined;
    if (code !== kafkaErrors.NONE) throw describeTopicError(topic, code);
    return {
      numPartitions: partitions.length,
      // A reassignment in progress makes partitions differ: the least protected one counts.
      replicationFactor: partitions.reduce((least, { replicas }) => Math.min(least, replicas), Infinity),
    };
  }

  async createTopic(topic: TopicSpec, { validateOnly }: { validateOnly: boolean }): Promise<boolean> {
    const answer = await this.#askController(topic, validateOnly);
    // Another setup, or another operator, was first.
    if (answer.code === kafkaErrors.TOPIC_ALREADY_EXISTS) return false;
    if (answer.code !== kafkaErrors.NONE) throw createTopicError(topic.name, answer);
    if (!validateOnly) await this.#untilAnnounced(topic.name);
    return true;
  }

  async topicConfig(topic: string): Promise<TopicConfig> {
    const answer = await this.#cluster.ask((connection) => connection.topicConfig(topic));
    if (answer.code !== kafkaErrors.NONE) throw topicConfigError(topic, answer);
    return answer.entries;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #metadata(topic: string): Promise<MetadataAnswer> {
    return this.#cluster.ask((connection) => connection.metadata(topic));
  }

  /**
   * Clusters on ZooKeeper create topics at their controller only; others name any broker as such, or none. One broker is
   * asked, not all in turn: a second one would answer "exists already" while the first one is at it. A controller that was
   * replaced a moment ago, or a broker during an election, creates nothing and says so.
   */
  async #askController(topic: TopicSpec, validateOnly: boolean): Promise<CodeAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      const { brokers, controller } = await this.#cluster.ask((connection) => connection.metadata());
      const address = brokers.find(({ nodeId }) => nodeId === controller) ?? brokers[0];
      const answer = address && (await this.#createAt(address, topic, validateOnly));
      if (answer !== undefined && answer.code !== kafkaErrors.NOT_CONTROLLER) return answer;
      if (attempt === election.attempts) {
        if (answer === undefined) throw noController(topic.name);
        return answer;
      }
      await sleep(election.pause);
    }
  }

  #createAt(address: Address, topic: TopicSpec, validateOnly: boolean): Promise<CodeAnswer> {
    return this.#cluster.at(address, 'produce', (connection) => connection.createTopic(topic, validateOnly));
  }

  /** Not to wait would be to report success for a topic that the next event finds missing. Gives up quietly. */
  async #untilAnnounced(topic: string): Promise<void> {
    for (let attempt = 0; attempt < announcement.attempts; attempt += 1) {
      const { code, partitions } = await this.#metadata(topic);
      if (code === kafkaErrors.NONE && partitions.length > 0 && partitions.every(({ leader }) => leader >= 0))
        return;
      // Creating takes another right than seeing.
      if (code === kafkaErrors.TOPIC_AUTHORIZATION_FAILED) return;
      await sleep(announcement.pause);
    }
  }
}
