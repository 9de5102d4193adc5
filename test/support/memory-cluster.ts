import type { KafkaError } from '../../src/model/errors.ts';
import type { Outcome, OnProduced } from '../../src/model/outcome.ts';
import type { KafkaRecord } from '../../src/model/record.ts';
import { kafkaErrors } from '../../src/protocol/kafka-errors.ts';
import { errorOfCode, outcomeOfCode } from '../../src/transport/errors/broker-errors.ts';
import { clientClosed, unreachable } from '../../src/transport/errors/messages.ts';
import { partitionMissing } from '../../src/transport/produce-outcomes.ts';
import { createMemoryAdmin } from './memory-admin.ts';
import {
  noLeader,
  type Admin,
  type Client,
  type PartitionBatch,
  type TopicMetadata,
} from '../../src/transport/port.ts';
import { isTopicName } from '../../src/model/cluster.ts';

export interface MemoryClusterOptions {
  /** Topic names to partition counts. */
  readonly topics?: Readonly<Record<string, number>>;
  /** How many brokers there are: partition `p` is led by node `p % brokers + 1`. Default 1. */
  readonly brokers?: number;
  /** The most bytes of keys and values that one batch may hold, as Kafka's `max.message.bytes`. Default 1 MiB. */
  readonly maxBatchBytes?: number;
  /** Missing topics are created with one partition when they are asked for. */
  readonly autoCreateTopics?: boolean;
  /** Called with the batches of each produce request before they are stored; a promise holds the request. */
  readonly onProduce?: (batches: readonly PartitionBatch[]) => void | Promise<void>;
}

export interface ScriptedFailure {
  readonly outcome: Exclude<Outcome, { kind: 'stored' }>;
  /** Which batches it concerns; all where absent. */
  readonly topic?: string;
  readonly partition?: number;
  /** How many batches it fails. Default 1. */
  readonly times?: number;
  /** The records are stored in spite of the outcome: a lost acknowledgement. */
  readonly stored?: boolean;
}

export interface StoredRecord extends KafkaRecord {
  readonly partition: number;
  readonly offset: number;
}

/** A Kafka cluster without Kafka: for unit tests and `walkeros push --simulate`. */
export interface MemoryCluster {
  /** A new client of this cluster. `onProduced`: told of each produce request. */
  client(onProduced?: OnProduced): Client;
  /** Looks at and creates its topics. */
  admin(): Admin;
  /** What a topic holds, by partition and offset. */
  records(topic: string): StoredRecord[];
  createTopic(topic: string, partitions: number, details?: TopicDetails): void;
  deleteTopic(topic: string): void;
  /** Moves a partition to another node, or to `noLeader`. */
  moveLeader(topic: string, partition: number, node: number): void;
  /** Fails the next batches that match; failures are used up in the order given. */
  failNext(failure: ScriptedFailure): void;
  /** Every connect, metadata and produce fails until `restore`. */
  cutOff(error?: KafkaError): void;
  restore(): void;
  /** Milliseconds that every later produce request takes. */
  delay(milliseconds: number): void;
}

/** What nothing but setup reads of a topic. */
export interface TopicDetails {
  readonly replicationFactor: number;
  readonly configEntries: Readonly<Record<string, string>>;
}

interface Topic extends TopicDetails {
  readonly leaders: number[];
  readonly logs: StoredRecord[][];
  /** The last batches of each idempotent producer, by partition and producer id. */
  readonly batches: Map<string, { readonly first: number; readonly next: number }[]>;
}

/** So many batches of a producer a broker remembers in each partition. */
const batchesRemembered = 5;

export function createMemoryCluster(options: MemoryClusterOptions = {}): MemoryCluster {
  const brokers = options.brokers ?? 1;
  const maxBatchBytes = options.maxBatchBytes ?? 1024 * 1024;
  const topics = new Map<string, Topic>();
  const failures: { script: ScriptedFailure; left: number }[] = [];
  let producerIds = 0n;
  let cut: KafkaError | undefined;
  let latency = 0;

  for (const [topic, partitions] of Object.entries(options.topics ?? {})) createTopic(topic, partitions);

  function createTopic(topic: string, partitions: number, details?: TopicDetails): void {
    const leaders = Array.from({ length: partitions }, (_, partition) => (partition % brokers) + 1);
    topics.set(topic, {
      replicationFactor: 1,
      configEntries: {},
      ...details,
      leaders,
      logs: leaders.map(() => []),
      batches: new Map(),
    });
  }

  function metadata(name: string): TopicMetadata {
    if (!isTopicName(name)) throw errorOfCode(kafkaErrors.INVALID_TOPIC_EXCEPTION, name);
    if (!topics.has(name) && options.autoCreateTopics === true) createTopic(name, 1);
    const topic = topics.get(name);
    if (topic === undefined) throw errorOfCode(kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION, name);
    return { leaders: [...topic.leaders] };
  }

  function scripted(batch: PartitionBatch): ScriptedFailure | undefined {
    const at = failures.findIndex(
      ({ script: { topic = batch.topic, partition = batch.partition } }) =>
        topic === batch.topic && partition === batch.partition,
    );
    const failure = failures[at];
    if (failure === undefined) return undefined;
    failure.left -= 1;
    if (failure.left === 0) failures.splice(at, 1);
    return failure.script;
  }

  function append(batch: PartitionBatch): Outcome {
    const topic = topics.get(batch.topic);
    if (topic === undefined) return outcomeOfCode(kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION, batch.topic);
    const log = topic.logs[batch.partition];
    if (log === undefined) return partitionMissing(batch);
    if (topic.leaders[batch.partition] === noLeader)
      return outcomeOfCode(kafkaErrors.NOT_LEADER_OR_FOLLOWER, batch.topic);
    if (bytesOf(batch.records) > maxBatchBytes)
      return outcomeOfCode(kafkaErrors.MESSAGE_TOO_LARGE, batch.topic);
    const code = sequenceCode(topic, batch);
    if (code !== kafkaErrors.NONE) return outcomeOfCode(code, batch.topic);
    for (const record of batch.records)
      log.push({ ...record, partition: batch.partition, offset: log.length });
    return { kind: 'stored' };
  }

  /** A broker that knows nothing of a producer takes any sequence. */
  function sequenceCode({ batches }: Topic, { partition, records, sequence }: PartitionBatch): number {
    if (sequence === undefined) return kafkaErrors.NONE;
    const key = `${partition} ${sequence.producerId}`;
    const first = sequence.firstSequence;
    const next = (first + records.length) & 0x7fffffff;
    const known = batches.get(key) ?? [];
    if (known.some((batch) => batch.first === first && batch.next === next))
      return kafkaErrors.DUPLICATE_SEQUENCE_NUMBER;
    if (known.length > 0 && known.at(-1)?.next !== first) return kafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER;
    batches.set(key, [...known, { first, next }].slice(-batchesRemembered));
    return kafkaErrors.NONE;
  }

  function produceBatch(batch: PartitionBatch): Outcome {
    const failure = scripted(batch);
    if (failure === undefined) return append(batch);
    if (failure.stored === true) append(batch);
    return failure.outcome;
  }

  function client(onProduced?: OnProduced): Client {
    let closed = false;

    function refusal(): KafkaError | undefined {
      return closed ? clientClosed() : cut;
    }

    return {
      limits: { maxRecordsPerBatch: 10_000 },

      connect() {
        const refused = refusal();
        return refused === undefined ? Promise.resolve() : Promise.reject(refused);
      },

      // eslint-disable-next-line @typescript-eslint/require-await -- so that a missing topic rejects
      async metadata(topic) {
        const refused = refusal();
        if (refused !== undefined) throw refused;
        return metadata(topic);
      },

      async produce(batches) {
        if (closed) return batches.map(() => ({ kind: 'rejected', error: clientClosed() }));
        const startedAt = performance.now();
        await options.onProduce?.(batches);
        if (latency > 0) await new Promise((resolve) => setTimeout(resolve, latency));
        const severed = cut;
        const outcomes = batches.map((batch): Outcome =>
          severed ? { kind: 'unreachable', error: severed } : produceBatch(batch),
        );
        const endedAt = performance.now();
        onProduced?.({ broker: 'memory:9092', batches, outcomes, startedAt, endedAt, size: undefined });
        return outcomes;
      },

      initProducerId() {
        const refused = refusal();
        if (refused !== undefined) return Promise.reject(refused);
        return Promise.resolve({ producerId: ++producerIds, producerEpoch: 0 });
      },

      close() {
        closed = true;
        return Promise.resolve();
      },
    };
  }

  return {
    client,
    admin: () =>
      createMemoryAdmin({
        brokers,
        find: (name) => topics.get(name),
        create: createTopic,
        refusal: () => cut,
      }),
    createTopic,
    deleteTopic: (topic) => void topics.delete(topic),
    records: (topic) => topics.get(topic)?.logs.flat() ?? [],
    moveLeader(topic, partition, node) {
      const leaders = topics.get(topic)?.leaders;
      if (leaders !== undefined) leaders[partition] = node;
    },
    failNext: (script) => void failures.push({ script, left: script.times ?? 1 }),
    cutOff(error = unreachable('memory:9092', new Error('connect ECONNREFUSED'))) {
      cut = error;
    },
    restore() {
      cut = undefined;
    },
    delay(milliseconds) {
      latency = milliseconds;
    },
  };
}

function bytesOf(records: readonly KafkaRecord[]): number {
  return records.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0), 0);
}
