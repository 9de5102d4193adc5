import type { KafkaError } from '../model/errors.ts';
import type { StoredRecord } from '../model/record.ts';

/** Offsets by partition. */
export type Offsets = ReadonlyMap<number, bigint>;

/** What one partition gave at a time. */
export interface Portion {
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
  read(topic: string, from: Offsets, options: ReadOptions): AsyncGenerator<Portion, void, undefined>;

  close(): Promise<void>;
}

export interface ReadOptions {
  readonly until?: Offsets;
  readonly signal?: AbortSignal;
  /** How long trouble may last before reading fails with it, in ms. Default: for ever. */
  readonly patience?: number;
  /** Told of each failure that is waited out. */
  readonly onTrouble?: (error: KafkaError) => void;
}

/** Where somebody stopped in a partition, and a note of up to 4,096 bytes. */
export interface Bookmark {
  readonly offset: bigint;
  readonly note: string;
}

/** Bookmarks are kept by the cluster, as the offsets of a consumer group that never has a member. */
export interface Bookmarks {
  /** @throws KafkaError NOT_AUTHORIZED that names the group, BROKER_BUSY, or as the client's `connect` */
  find(group: string, topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, Bookmark>>;
  keep(group: string, topic: string, bookmarks: ReadonlyMap<number, Bookmark>): Promise<void>;
}
