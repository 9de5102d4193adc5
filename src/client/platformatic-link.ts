import type { Connection, MessageRecord } from '@platformatic/kafka';
import type { Slice } from '../vocabulary/partition.ts';
import type { RecordHeaders } from '../vocabulary/record.ts';
import type { TopicConfig, TopicSpec } from '../vocabulary/topic.ts';
import {
  answerWithin,
  type Apis,
  type CreateTopicsResponse,
  type DescribeConfigsResponse,
  type Library,
  type MetadataResponse,
  type ProduceResponse,
} from './platformatic-apis.ts';
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

export class PlatformaticLink implements Link {
  readonly #library: Library;
  readonly #options: ClientOptions;
  readonly #connection: Connection;
  readonly #apis: Apis;

  constructor(library: Library, options: ClientOptions, connection: Connection, apis: Apis) {
    this.#library = library;
    this.#options = options;
    this.#connection = connection;
    this.#apis = apis;
  }

  async metadata(topic?: string): Promise<MetadataAnswer> {
    const asked = this.#apis.metadata.async(
      this.#connection,
      topic === undefined ? [] : [topic],
      this.#options.autoCreateTopics,
    );
    const { brokers, controllerId, topics } = await asked.catch((failure: unknown) =>
      answerWithin<MetadataResponse>(failure),
    );
    const answer = topics.find(({ name }) => name === topic);
    return {
      brokers,
      code: answer?.errorCode ?? 3,
      partitions: (answer?.partitions ?? []).map(({ partitionIndex, leaderId, replicaNodes }) => ({
        partition: partitionIndex,
        leader: leaderId,
        replicas: replicaNodes.length,
      })),
      controller: controllerId,
    };
  }

  registerProducer(): Promise<ProducerId> {
    return this.#apis.initProducerId.async(this.#connection, null, this.#options.ackTimeout);
  }

  async produce(slices: readonly Slice[], stamp: Stamp | undefined): Promise<ProduceAnswer | undefined> {
    const { acks, ackTimeout, compression } = this.#options;
    const batch = { compression, ...(stamp && this.#stamped(slices, stamp)) };
    const asked = this.#apis.produce.async(this.#connection, acks, ackTimeout, messagesOf(slices), batch);
    const answer = await asked.catch((failure: unknown) => answerWithin<ProduceResponse>(failure));
    if (typeof answer === 'boolean') return undefined;
    return new Map(
      answer.responses.flatMap(({ name, partitionResponses }) =>
        partitionResponses.map(({ index, errorCode, errorMessage }) => [
          laneOf(name, index),
          { code: errorCode, detail: errorMessage },
        ]),
      ),
    );
  }

  /** Not by the library's own admin, which drops `validateOnly` and creates the topic. */
  async createTopic(topic: TopicSpec, validateOnly: boolean): Promise<CodeAnswer> {
    const { configEntries, ...shape } = topic;
    const configs = Object.entries(configEntries).map(([name, value]) => ({ name, value }));
    const asked = this.#apis
      .createTopics()
      .async(
        this.#connection,
        [{ ...shape, assignments: [], configs }],
        this.#options.ackTimeout,
        validateOnly,
      );
    const { topics } = await asked.catch((failure: unknown) => answerWithin<CreateTopicsResponse>(failure));
    return answerOf(topics[0]);
  }

  async topicConfig(topic: string): Promise<CodeAnswer & { entries: TopicConfig }> {
    const { TOPIC } = this.#library.ConfigResourceTypes;
    const resource = { resourceType: TOPIC, resourceName: topic, configurationKeys: null };
    const asked = this.#apis.describeConfigs().async(this.#connection, [resource], false, false);
    const { results } = await asked.catch((failure: unknown) =>
      answerWithin<DescribeConfigsResponse>(failure),
    );
    const configs = results[0]?.configs ?? [];
    return {
      ...answerOf(results[0]),
      entries: new Map(configs.map(({ name, value }) => [name, value ?? null])),
    };
  }

  /** The library, too, names lanes `topic:partition`. */
  #stamped(slices: readonly Slice[], { producerId, producerEpoch, sequences }: Stamp) {
    const lanes = slices.map(({ topic, partition }) => laneOf(topic, partition));
    const starts = lanes.map((lane): [string, number] => [lane, sequences.get(lane) ?? 0]);
    return { producerId, producerEpoch, sequences: new this.#library.NumericMap(starts) };
  }
}

/** An answer that leaves out what was asked for is one that nobody foresaw: Kafka's -1. */
function answerOf(part: { errorCode: number; errorMessage?: string | null } | undefined): CodeAnswer {
  return { code: part?.errorCode ?? -1, detail: part?.errorMessage };
}

function messagesOf(slices: readonly Slice[]): MessageRecord[] {
  return slices.flatMap(({ topic, partition, records }) =>
    records.map(({ key, value, headers, timestamp }) => ({
      topic,
      partition,
      key,
      value,
      headers: encoded(headers),
      timestamp: BigInt(timestamp),
    })),
  );
}

/** One headers object serves all records of a rule: encoded once. */
const encodedHeaders = new WeakMap<RecordHeaders, Map<Buffer, Buffer>>();

function encoded(headers: RecordHeaders): Map<Buffer, Buffer> {
  let found = encodedHeaders.get(headers);
  if (found === undefined) {
    found = new Map(Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)]));
    encodedHeaders.set(headers, found);
  }
  return found;
}
