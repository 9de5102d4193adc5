/** What a cluster is made of, by the names that users, brokers and Kafka's own requests have for it: addresses and topics. */

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `[v6]:port` or `host`: the parts that are written. */
export function partsOf(broker: string): { readonly host: string; readonly port: number | undefined } {
  const { host = broker, port } = /^\[?(?<host>.*?)\]?(?::(?<port>\d+))?$/.exec(broker)?.groups ?? {};
  return { host, port: port === undefined ? undefined : Number(port) };
}

/** The same with Kafka's port where none is written. */
export function parseAddress(broker: string): Address {
  const { host, port = 9092 } = partsOf(broker);
  return { host, port };
}

export function addressOf({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

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
