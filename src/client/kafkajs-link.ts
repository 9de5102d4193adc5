import type { Slice } from '../vocabulary/partition.ts';
import type { Internals, KafkajsConnection } from './kafkajs-connection.ts';
import type { ClientOptions } from './port.ts';
import {
  laneOf,
  type Link,
  type MetadataAnswer,
  type ProduceAnswer,
  type ProducerId,
  type Stamp,
} from './wire.ts';

/** Kafka's numbers of the requests. */
const apiKeys = { produce: 0, metadata: 3, initProducerId: 22 };

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
    const { brokers, topicMetadata } = await this.#connection.exchange(
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
      partitions: (answer?.partitionMetadata ?? []).map(({ partitionId, leader }) => ({
        partition: partitionId,
        leader,
      })),
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
