import type { ConnectionOptions } from 'node:tls';
import type { Secret } from '../../model/secret.ts';
import type { TopicConfig } from '../../model/topic.ts';
import type { Network } from './network.ts';

/** A configured destination, as the checks see it: its settings, and ways to ask about what is behind them. Times in ms. */
export interface Patient {
  /** How the flow file and the destination are called on the command line of walkerOS. */
  readonly path: string;
  readonly id: string;
  /** The name of its flow, where the file has several. */
  readonly flow: string | undefined;
  /** The destination as our own commands take it: its id, behind its flow where the file has several. */
  readonly name: string;
  readonly brokers: readonly string[];
  readonly tls: Secret<ConnectionOptions> | undefined;
  /** How it logs in, in words; undefined: not at all. */
  readonly login: string | undefined;
  readonly acks: -1 | 0 | 1;
  /** Bytes. */
  readonly batchSize: number;
  readonly deliveryTimeout: number;
  readonly collectorTimeout: number;
  /** What the settings themselves say about the two. */
  readonly timeoutWarnings: readonly string[];
  readonly answers: Answers;
  readonly autoCreateTopics: boolean;
  /** Where events go, each with the settings that say so. */
  readonly topics: readonly { readonly name: string; readonly paths: readonly string[] }[];
  readonly network: Network;
  readonly kafka: Kafka;
  /** Why `kafka` cannot log in although the flow can; undefined: it can. */
  readonly unaskable: string | undefined;
  /** That of setup, and those of values, once for each schema that is asked for. */
  readonly registries: readonly Registry[];
  readonly spool: Spool | undefined;
}

/** What a doctor asks of the cluster; `client/inspector.ts` is one. Fails with `KafkaError`s. */
export interface Kafka {
  reach(broker: string): Promise<void>;
  cluster(): Promise<{
    readonly id: string | null;
    readonly brokers: readonly { readonly nodeId: number; readonly address: string }[];
  }>;
  topic(name: string): Promise<Topic | undefined>;
  topicConfig(name: string): Promise<TopicConfig | undefined>;
}

export interface Topic {
  readonly partitions: readonly {
    readonly partition: number;
    readonly leader: number | undefined;
    readonly replicas: number;
    readonly inSync: number;
  }[];
  readonly writable: boolean | undefined;
}

export interface Registry {
  readonly urls: readonly string[];
  readonly tls: Secret<ConnectionOptions> | undefined;
  /** Which setting names it. */
  readonly path: string;
  /** Asks for what the destination will ask for. Fails with `KafkaError`s. */
  look(): Promise<void>;
}

/** What decides whether an `ok` of the flow means that the event is stored. */
export interface Answers {
  /** Sources that answer before delivery, by id. */
  readonly earlySources: readonly string[];
  readonly breaker: boolean;
  readonly cache: boolean;
  /** Where batches are made, by the path below `config`. */
  readonly batches: readonly string[];
  readonly idempotent: boolean;
}

export interface Spool {
  /** The spool's file; its folder is made with it. */
  readonly path: string;
  /** It, and what is written beside it; each is there or not. */
  readonly files: readonly string[];
  readonly maxBytes: number;
  /** What it holds; undefined where there is none yet. Fails with `KafkaError`s. */
  status(): Promise<SpoolState | undefined>;
}

export interface SpoolState {
  /** On the disk. */
  readonly fileBytes: number;
  /** Of all records, as they count against `maxBytes`. */
  readonly bytes: number;
  /** Waiting to be delivered, those refused by the broker among them. */
  readonly records: number;
  readonly refused: number;
}
