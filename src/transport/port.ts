import type { ConnectionOptions } from 'node:tls';
import type { Outcome, OnProduced } from '../model/outcome.ts';
import { noLeader, type ProducerId, type Slice, type TopicLayout } from '../model/partition.ts';
import type { Secret } from '../model/secret.ts';
import type { TopicConfig, TopicShape, TopicSpec } from '../model/topic.ts';
import type { BearerSource } from './security/bearer.ts';
import type { AwsKeys } from './security/msk-iam.ts';

/**
 * What the destination needs of a Kafka client library, and no more.
 *
 * An implementation never retries, never chooses a partition, and never loses the outcome of a slice among the others'.
 * Failures are `KafkaError`s.
 */
export interface Client {
  readonly limits: SliceLimits;

  /**
   * Connects to the first bootstrap broker that answers, TLS and SASL included.
   * @throws KafkaError BROKER_UNREACHABLE, TLS_FAILED or AUTHENTICATION_FAILED, naming the brokers and the cause.
   */
  connect(): Promise<void>;

  /**
   * Asks the cluster, never a cache, who leads each partition of a topic.
   * Later `produce` calls go by this answer. With `autoCreateTopics` a missing topic is created and waited for.
   * @throws KafkaError TOPIC_MISSING, TOPIC_INVALID, NOT_AUTHORIZED, BROKER_BUSY, or as `connect`.
   */
  layout(topic: string): Promise<TopicLayout>;

  /**
   * Sends batches that have one leader, one batch per partition, in as few requests as the library allows. A batch goes out
   * under its sequence, where it has one.
   * @returns one outcome per batch, in their order. Does not reject.
   */
  produce(slices: readonly Slice[]): Promise<Outcome[]>;

  /**
   * Begins with what of a request can be made before it may leave: encoding and compression. A hint: `produce` of the
   * same batches goes on from there, and they may as well be dropped. Absent where nothing is gained by it.
   */
  readonly prepare?: ((slices: readonly Slice[]) => void) | undefined;

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

/** What the library behind a client can take in one slice. */
export interface SliceLimits {
  readonly maxRecordsPerSlice: number;
}

export { noLeader, type AwsKeys, type Slice, type TopicLayout };

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
