import type { Address } from '../model/address.ts';
import type { ProducerId } from '../model/partition.ts';
import type { TopicConfig, TopicSpec } from '../model/topic.ts';
import type { ClientOptions } from './port.ts';

/**
 * What is taken from a Kafka library: connections with TLS and SASL, and the encoding of small requests. Everything that
 * decides something (who leads, what a code means, what is sent again) is ours, once, in `WireClient`, and so is the
 * request that carries the records.
 */
export interface Wire {
  /**
   * A connection to this broker, ready for requests; opened, or shared with earlier callers of the same purpose.
   * Questions have connections of their own: a broker works on one request of a connection at a time, so that a question
   * behind a produce request would wait for its followers.
   * @throws whatever the library throws; `connectionError` reads it
   */
  open(broker: Address, purpose: Purpose): Promise<Link>;

  /** Destroys every connection at once: a frozen broker would never read a farewell. */
  close(): Promise<void>;
}

export type Purpose = 'ask' | 'produce';

/** One connection, always the same object. Codes within an answer are answers; it throws only where there is none. */
export interface Link {
  /** False once the connection has ended, whoever ended it. */
  readonly isOpen: boolean;
  /** Of `saneMetadata`. Without a topic: the brokers only. */
  metadata(topic?: string): Promise<MetadataAnswer>;
  initProducerId(): Promise<ProducerId>;
  /**
   * @param body a request's, of `encodeProduce`
   * @returns nothing under `acks: 0`, once the request has been handed to the kernel
   */
  produce(body: readonly Buffer[]): Promise<ProduceAnswer | undefined>;
  /** `validateOnly`: the broker checks everything and creates nothing. */
  createTopic(topic: TopicSpec, validateOnly: boolean): Promise<CodeAnswer>;
  topicConfig(topic: string): Promise<CodeAnswer & { readonly entries: TopicConfig }>;
  /** Ends the connection. What is in flight on it fails. */
  destroy(): void;
}

/** Kafka's code, 0 for none, and its own words if it sent any. */
export interface CodeAnswer {
  readonly code: number;
  readonly detail?: string | null;
}

export interface MetadataAnswer {
  readonly brokers: readonly (Address & { readonly nodeId: number })[];
  /** Undefined: the broker does not tell. */
  readonly clusterId: string | undefined;
  /** Kafka's error code for the topic, 0 for none. */
  readonly code: number;
  /** By their index, without a gap. */
  readonly partitions: readonly PartitionAnswer[];
  /** The node that creates topics; none during an election. */
  readonly controller: number;
}

export interface PartitionAnswer {
  readonly partition: number;
  readonly leader: number;
  /** How many there should be, in sync or not. */
  readonly replicas: number;
  readonly inSync: number;
}

/** What the broker says about one batch. */
export interface BatchAnswer extends CodeAnswer {
  /** The records to blame, by index in the batch, and the broker's words about each. Indexes may be any number. */
  readonly named?: ReadonlyMap<number, string | null>;
}

/** By `partitionKey`. */
export type ProduceAnswer = ReadonlyMap<string, BatchAnswer>;

/** A question is answered from memory: it need not wait as long as a produce request. Milliseconds. */
export function askTimeout({ requestTimeout, connectTimeout }: ClientOptions): number {
  return Math.min(requestTimeout, Math.max(connectTimeout, 5000));
}
