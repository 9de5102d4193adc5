import type { TopicConfig, TopicSpec } from '../../model/topic.ts';
import type { KafkajsConnection } from './connection.ts';
import type { Internals } from './internals.ts';
import type { ClientOptions } from '../port.ts';
import { decodeProduceAnswer } from '../../protocol/produce-answer.ts';
import { saneMetadata } from '../metadata.ts';
import { apiKeys } from '../../protocol/api-versions.ts';
import { kafkaErrors } from '../../protocol/kafka-errors.ts';
import { NotSent } from '../not-sent.ts';
import { produceVersion } from '../../protocol/produce-request.ts';
import type { CodeAnswer, Link, MetadataAnswer, ProduceAnswer } from '../wire.ts';
import type { ProducerId } from '../../model/partition.ts';

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

export class KafkajsLink implements Link {
  readonly #requests: Internals['requests'];
  readonly #options: ClientOptions;
  readonly #connection: KafkajsConnection;

  constructor({ requests }: Internals, options: ClientOptions, connection: KafkajsConnection) {
    this.#requests = requests;
    this.#options = options;
    this.#connection = connection;
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  async metadata(topic?: string): Promise<MetadataAnswer> {
    const { brokers, clusterId, controllerId, topicMetadata } = await this.#connection.exchange(
      'Metadata',
      this.#requests.Metadata,
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
    const { errorCode, producerId, producerEpoch } = await this.#connection.exchange(
      'InitProducerId',
      this.#requests.InitProducerId,
      { transactionTimeout: this.#options.ackTimeout },
    );
    if (errorCode !== kafkaErrors.NONE)
      throw Object.assign(new Error('no producer id'), { apiCode: errorCode });
    return { producerId: BigInt(producerId), producerEpoch };
  }

  async produce(body: readonly Buffer[]): Promise<ProduceAnswer | undefined> {
    const version = this.#produceVersion();
    const bytes = Buffer.concat(body);
    const request = {
      apiKey: apiKeys.Produce,
      apiVersion: version,
      apiName: 'Produce',
      expectResponse: () => this.#options.acks !== 0,
      encode: () => Promise.resolve({ buf: bytes, buffer: bytes }),
    };
    await this.#connection.throttle.over();
    const answer = await this.#connection.send<ProduceAnswer | undefined>(request, (received) => {
      const { lanes, throttle } = decodeProduceAnswer(received, version);
      this.#connection.throttle.extend(throttle);
      return Promise.resolve(lanes);
    });
    if (this.#options.acks === 0) await this.#connection.handedOver();
    return answer;
  }

  #produceVersion(): number {
    try {
      return produceVersion(this.#connection.versions?.[apiKeys.Produce], this.#options.compression);
    } catch (failure) {
      throw new NotSent(failure);
    }
  }

  async createTopic(topic: TopicSpec, validateOnly: boolean): Promise<CodeAnswer> {
    const { name, numPartitions, replicationFactor, configEntries } = topic;
    const entries = Object.entries(configEntries).map(([entry, value]) => ({ name: entry, value }));
    const { topicErrors } = await this.#connection.exchange('CreateTopics', this.#requests.CreateTopics, {
      topics: [{ topic: name, numPartitions, replicationFactor, configEntries: entries }],
      timeout: this.#options.ackTimeout,
      validateOnly,
    });
    return answerOf(topicErrors[0]);
  }

  async topicConfig(topic: string): Promise<CodeAnswer & { entries: TopicConfig }> {
    const { resources } = await this.#connection.exchange('DescribeConfigs', this.#requests.DescribeConfigs, {
      resources: [{ type: topicResource, name: topic }],
    });
    const entries = resources[0]?.configEntries ?? [];
    return {
      ...answerOf(resources[0]),
      entries: new Map(entries.map(({ configName, configValue }) => [configName, configValue])),
    };
  }

  destroy(): void {
    this.#connection.destroy();
  }
}

/** An answer that leaves out what was asked for is one that nobody foresaw. */
function answerOf(part: { errorCode: number; errorMessage?: string | null } | undefined): CodeAnswer {
  return { code: part?.errorCode ?? kafkaErrors.UNKNOWN_SERVER_ERROR, detail: part?.errorMessage };
}
