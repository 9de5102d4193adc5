import type { ConnectionOptions } from 'node:tls';
import type { Outcome, OnProduced } from '../model/outcome.ts';
import { noLeader, type ProducerId, type PartitionBatch, type TopicMetadata } from '../model/partition.ts';
import type { KafkaError } from '../model/errors.ts';
import type { StoredRecord } from '../model/record.ts';
import type { Secret } from '../model/secret.ts';
import type { TopicConfig, TopicShape, TopicSpec } from '../model/cluster.ts';
import type { BearerSource } from './tokens/bearer.ts';
import type { AwsKeys } from './security/msk-iam.ts';

/**
 * What the destination needs of a Kafka client library, and no more.
 *
 * An implementation never retries, never chooses a partition, and never loses the outcome of a batch among the others'.
 * Failures are `KafkaError`s.
 */
export interface Client {
  readonly limits: ClientLimits;

  /**
   * Connects to the first bootstrap broker that answers, TLS and SASL included.
   * @throws KafkaError BROKER_UNREACHABLE, TLS_FAILED or AUTHENTICATION_FAILED, naming the brokers and the cause.
   */
  connect(): Promise<void>;

  /**
   * Opens the connections that records of the topic take, so that the first of them finds them open. Does nothing with
   * `autoCreateTopics`: to ask for the topic would create it.
   * @returns whether its leaders are known. Does not reject.
   */
  readonly connectTo?: (topic: string) => Promise<boolean>;

  /**
   * Asks the cluster, never a cache, who leads each partition of a topic.
   * Later `produce` calls go by this answer, and those that are out end with `unknown` where it makes them pointless. With `autoCreateTopics` a missing topic is created and waited for.
   * @throws KafkaError TOPIC_MISSING, TOPIC_INVALID, NOT_AUTHORIZED, BROKER_BUSY, or as `connect`.
   */
  metadata(topic: string): Promise<TopicMetadata>;

  /**
   * Sends batches that have one leader, one batch per partition, in as few requests as the library allows. A batch goes out
   * under its sequence, where it has one.
   * @returns one outcome per batch, in their order. Does not reject.
   */
  produce(batches: readonly PartitionBatch[]): Promise<Outcome[]>;

  /**
   * Begins with what of a request can be made before it may leave: encoding and compression. A hint: `produce` of the
   * same batches goes on from there, and they may as well be dropped. Absent where nothing is gained by it.
   */
  readonly prepare?: ((batches: readonly PartitionBatch[]) => void) | undefined;

  /**
   * Asks the cluster for a new id of an idempotent producer.
   * @throws KafkaError; `outcomeWithoutProducerId` says what it means for records
   */
  initProducerId(): Promise<ProducerId>;

  /** Ends all connections without waiting for sends in flight: drain first. Safe twice, and before `connect`. */
  close(): Promise<void>;
}

/**
 * What setup needs of the same library. It only looks and creates: nothing that exists is ever changed. Connects by
 * itself; failures are `KafkaError`s that name the ACL operation where a right is missing.
 */
export interface Admin {
  /** @returns undefined where there is no such topic; to ask does not create it */
  describeTopic(topic: string): Promise<TopicShape | undefined>;

  /**
   * Creates a topic and waits until it can be written to.
   * @param options `validateOnly`: the broker checks everything and creates nothing.
   * @returns false where the topic is there already
   * @throws KafkaError NOT_AUTHORIZED, TOPIC_INVALID or TOPIC_REFUSED with the broker's own reason, or as `connect`.
   */
  createTopic(topic: TopicSpec, options: { readonly validateOnly: boolean }): Promise<boolean>;

  /** @returns every setting of the topic that the broker tells */
  topicConfig(topic: string): Promise<TopicConfig>;

  close(): Promise<void>;
}

export interface ClientLimits {
  readonly maxRecordsPerBatch: number;
}

export { noLeader, type AwsKeys, type PartitionBatch, type TopicMetadata };

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export type Sasl = PasswordSasl | BearerSasl | IdentitySasl;

export type PasswordSasl = { readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' } & (
  Credentials | { readonly credentials: () => Promise<Credentials> }
);

export interface Credentials {
  readonly username: string;
  readonly password: Secret<string>;
}

export interface BearerSasl {
  /** `aws`: the token that MSK takes for IAM, over the same mechanism of the protocol. */
  readonly mechanism: 'oauthbearer' | 'aws';
  readonly bearer: BearerSource;
  /** False for a fixed token: once refused, it stays refused. */
  readonly renewable: boolean;
}

/** kafkajs's own mechanism `AWS`, for the login module of third parties that it was made for. */
export interface IdentitySasl {
  readonly mechanism: 'aws';
  readonly authorizationIdentity: string;
  readonly keys: Secret<AwsKeys>;
}

/** Everything a client is made from. Times in milliseconds. */
export interface ClientOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls: Secret<ConnectionOptions> | undefined;
  readonly sasl: Sasl | undefined;
  readonly connectTimeout: number;
  /** How long a request may go unanswered before its connection is given up and its outcome is unknown. */
  readonly requestTimeout: number;
  /** How long the broker itself may wait for its followers. */
  readonly ackTimeout: number;
  readonly acks: -1 | 0 | 1;
  readonly compression: Compression;
  readonly autoCreateTopics: boolean;
  /** Told of each produce request that was sent, or could not be. */
  readonly onProduced?: OnProduced;
}

/** What a doctor asks of a cluster. It only looks. Failures are `KafkaError`s, as the client's. */
export interface Inspector {
  /** Logs in at this one broker (`host:port`), TLS and SASL included. */
  reach(broker: string): Promise<void>;
  cluster(): Promise<ClusterState>;
  /** @returns undefined where there is no such topic */
  topic(name: string): Promise<TopicState | undefined>;
  /** Every setting of the topic that the broker tells; undefined without the right to read them. */
  topicConfig(name: string): Promise<TopicConfig | undefined>;
  close(): Promise<void>;
}

export interface ClusterState {
  /** Null: the broker does not tell. */
  readonly id: string | null;
  /** As advertised to those who come through this listener. */
  readonly brokers: readonly { readonly nodeId: number; readonly address: string }[];
}

export interface TopicState {
  readonly partitions: readonly PartitionState[];
  /** Whether this user may write to it; undefined: the broker does not tell. */
  readonly writable: boolean | undefined;
}

export interface PartitionState {
  readonly partition: number;
  /** Undefined while there is none. */
  readonly leader: number | undefined;
  readonly replicas: number;
  /** How many of them are in sync. */
  readonly inSync: number;
}

/** Offsets by partition. */
export type Offsets = ReadonlyMap<number, bigint>;

/** What one partition gave at a time. */
export interface FetchedBatch {
  readonly partition: number;
  readonly records: readonly StoredRecord[];
  /** Where reading goes on: beyond `records`, and beyond what the log holds besides records. */
  readonly next: bigint;
  /** The first offset that no consumer may see yet. */
  readonly end: bigint;
}

/**
 * Reads topics without a consumer group: no member joins, nothing is committed, and only the right READ on the topic is
 * needed. Connects by itself; failures are `KafkaError`s.
 */
export interface Reader {
  /**
   * @param at `first`: what the log still holds; `end`: what comes next; a number: the first record of that time, in ms
   *   since the epoch, or later, and `end` where there is none
   */
  offsets(topic: string, at: 'first' | 'end' | number): Promise<Offsets>;

  /**
   * Records of the given partitions as they come, in the order of their partition. New leaders are found, brokers that
   * are away are waited for. An offset that the log no longer holds is taken for the first that it does.
   * @param until where to stop; without it reading goes on until `signal` says so
   * @throws KafkaError NOT_AUTHORIZED, TOPIC_MISSING, or as the client's `connect` before anything was read
   */
  read(topic: string, from: Offsets, options: ReadOptions): AsyncGenerator<FetchedBatch, void, undefined>;

  close(): Promise<void>;
}

export interface ReadOptions {
  readonly until?: Offsets;
  readonly signal?: AbortSignal;
  /** How long trouble may last before reading fails with it, in ms. Default: for ever. */
  readonly troubleTimeout?: number;
  /** Told of each failure that is waited out. */
  readonly onTrouble?: (error: KafkaError) => void;
}

/** Where somebody stopped in a partition, and a note of up to 4,096 bytes. */
export interface CommittedOffset {
  readonly offset: bigint;
  readonly note: string;
}

/** Committed offsets. The cluster keeps them, as those of a consumer group that never has a member. */
export interface OffsetStore {
  /** @throws KafkaError NOT_AUTHORIZED that names the group, BROKER_BUSY, or as the client's `connect` */
  fetch(
    group: string,
    topic: string,
    partitions: readonly number[],
  ): Promise<ReadonlyMap<number, CommittedOffset>>;
  commit(group: string, topic: string, offsets: ReadonlyMap<number, CommittedOffset>): Promise<void>;
}
