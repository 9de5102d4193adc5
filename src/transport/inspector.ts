import type { TopicConfig } from '../model/topic.ts';

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
