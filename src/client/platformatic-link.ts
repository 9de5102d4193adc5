import type { Connection, MessageRecord } from '@platformatic/kafka';
import type { Slice } from '../vocabulary/partition.ts';
import type { RecordHeaders } from '../vocabulary/record.ts';
import {
  answerWithin,
  type Apis,
  type Library,
  type MetadataResponse,
  type ProduceResponse,
} from './platformatic-apis.ts';
import type { ClientOptions } from './port.ts';
import {
  laneOf,
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
    const { brokers, topics } = await asked.catch((failure: unknown) =>
      answerWithin<MetadataResponse>(failure),
    );
    const answer = topics.find(({ name }) => name === topic);
    return {
      brokers,
      code: answer?.errorCode ?? 3,
      partitions: (answer?.partitions ?? []).map(({ partitionIndex, leaderId }) => ({
        partition: partitionIndex,
        leader: leaderId,
      })),
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

  /** The library, too, names lanes `topic:partition`. */
  #stamped(slices: readonly Slice[], { producerId, producerEpoch, sequences }: Stamp) {
    const lanes = slices.map(({ topic, partition }) => laneOf(topic, partition));
    const starts = lanes.map((lane): [string, number] => [lane, sequences.get(lane) ?? 0]);
    return { producerId, producerEpoch, sequences: new this.#library.NumericMap(starts) };
  }
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
