/** A topic as it should be, by the names of Kafka's own request. */
export interface TopicSpec {
  readonly name: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  /** Broker settings of this topic, such as `retention.ms`; as text, which is how Kafka keeps them. */
  readonly configEntries: Readonly<Record<string, string>>;
}

/** A topic's size as the cluster has it. */
export type TopicShape = Pick<TopicSpec, 'numPartitions' | 'replicationFactor'>;

/** A topic's settings as the cluster has them, defaults included. Null: the broker keeps the value to itself. */
export type TopicConfig = ReadonlyMap<string, string | null>;

/** Kafka's rule for names of topics. */
export function isTopicName(name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..';
}
