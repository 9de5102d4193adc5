import type { Slice } from '../vocabulary/partition.ts';
import type { TopicConfig, TopicSpec } from '../vocabulary/topic.ts';
import type { Internals, KafkajsConnection } from './kafkajs-connection.ts';
import type { ClientOptions } from './port.ts';
import {
  laneOf,
  type CodeAnswer,
  type Link,
  type MetadataAnswer,
  type ProduceAnswer,
  type ProducerId,
  type Stamp,
} from './wire.ts';

/** Kafka's numbers of the requests. */
const apiKeys = { produce: 0, metadata: 3, createTopics: 19, initProducerId: 22, describeConfigs: 32 };
/** And of the resource whose configuration is asked for. */
const topicResource = 2;

export class KafkajsLink implements Link {
  readonly #requests: Internals['requests'];
  readonly #options: ClientOptions;
  readonly #connection: KafkajsConnection;
  readonly #compression: number;

  /** @param compression kafkajs's number of the codec, which is Kafka's */
  constructor(
    { requests }: Internals,
    options: ClientOptions,
    connection: KafkajsConnection,
    compression: number,
  ) {
    this.#requests = requests;
    this.#options = options;
    this.#connection = connection;
    this.#compression = compression;
  }

  async metadata(topic?: string): Promise<MetadataAnswer> {
    const { brokers, controllerId, topicMetadata } = await this.#connection.exchange(
      apiKeys.metadata,
      this.#requests.Metadata,
      {
        topics: topic === undefined ? [] : [topic],
        allowAutoTopicCreation: this.#options.autoCreateTopics,
      },
    );
    const answer = topicMetadata.find((metadata) => metadata.topic === topic);
    return {
      brokers,
      code: answer?.topicErrorCode ?? 3,
      partitions: (answer?.partitionMetadata ?? []).map(({ partitionId, leader, replicas }) => ({
        partition: partitionId,
        leader,
        replicas: replicas.length,
      })),
      controller: controllerId,
    };
  }

  async registerProducer(): Promise<ProducerId> {
    const { errorCode, producerId, producerEpoch } = await this.#connection.exchange(
      apiKeys.initProducerId,
      this.#requests.InitProducerId,
      { transactionTimeout: this.#options.ackTimeout },
    );
    if (errorCode !== 0) throw Object.assign(new Error('no producer id'), { apiCode: errorCode });
    return { producerId: BigInt(producerId), producerEpoch };
  }

  async produce(slices: readonly Slice[], stamp: Stamp | undefined): Promise<ProduceAnswer | undefined> {
    const answer = await this.#connection.exchange(apiKeys.produce, this.#requests.Produce, {
      acks: this.#options.acks,
      timeout: this.#options.ackTimeout,
      compression: this.#compression,
      ...(stamp && { producerId: stamp.producerId, producerEpoch: stamp.producerEpoch }),
      topicData: topicData(slices, stamp),
    });
    if (answer === undefined) return undefined;
    return new Map(
      answer.topics.flatMap(({ topicName, partitions }) =>
        partitions.map(({ partition, errorCode }) => [laneOf(topicName, partition), { code: errorCode }]),
      ),
    );
  }

  async createTopic(topic: TopicSpec, validateOnly: boolean): Promise<CodeAnswer> {
    const { name, numPartitions, replicationFactor, configEntries } = topic;
    const entries = Object.entries(configEntries).map(([entry, value]) => ({ name: entry, value }));
    const { topicErrors } = await this.#connection.exchange(
      apiKeys.createTopics,
      this.#requests.CreateTopics,
      {
        topics: [{ topic: name, numPartitions, replicationFactor, configEntries: entries }],
        timeout: this.#options.ackTimeout,
        validateOnly,
      },
    );
    return answerOf(topicErrors[0]);
  }

  async topicConfig(topic: string): Promise<CodeAnswer & { entries: TopicConfig }> {
    const { resources } = await this.#connection.exchange(
      apiKeys.describeConfigs,
      this.#requests.DescribeConfigs,
      { resources: [{ type: topicResource, name: topic }] },
    );
    const entries = resources[0]?.configEntries ?? [];
    return {
      ...answerOf(resources[0]),
      entries: new Map(entries.map(({ configName, configValue }) => [configName, configValue])),
    };
  }
}

function topicData(slices: readonly Slice[], stamp: Stamp | undefined) {
  const byTopic = Map.groupBy(slices, ({ topic }) => topic);
  return [...byTopic].map(([topic, ofTopic]) => ({
    topic,
    partitions: ofTopic.map(({ partition, records }) => ({
      partition,
      firstSequence: stamp?.sequences.get(laneOf(topic, partition)) ?? 0,
      messages: records.map(({ key, value, headers, timestamp }) => ({
        key,
        value,
        headers,
        timestamp: sortable(timestamp),
      })),
    })),
  }));
}

/** kafkajs takes 0 for "now", and sorts timestamps as text: 999999999999 (in 2001) after 1700000000000. */
function sortable(timestamp: number): string {
  return String(timestamp).padStart(16, '0');
}

/** An answer that leaves out what was asked for is one that nobody foresaw: Kafka's -1. */
function answerOf(part: { errorCode: number; errorMessage?: string | null } | undefined): CodeAnswer {
  return { code: part?.errorCode ?? -1, detail: part?.errorMessage };
}
