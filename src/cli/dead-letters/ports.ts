import type { KafkaError } from '../../model/errors.ts';
import type { KafkaRecord, StoredRecord } from '../../model/record.ts';
import type { DeadLetter } from './letter.ts';
import type { Bookmark } from './place.ts';

export interface ReadOptions {
  readonly until: ReadonlyMap<number, bigint>;
  /** Milliseconds. */
  readonly patience: number;
  /** Ends the reading without an error. */
  readonly signal: AbortSignal;
}

/** The dead-letter topic; the client's reader is one. Fails with `KafkaError`s. */
export interface Letters {
  offsets(topic: string, at: 'first' | 'end'): Promise<ReadonlyMap<number, bigint>>;
  read(
    topic: string,
    from: ReadonlyMap<number, bigint>,
    options: ReadOptions,
  ): AsyncGenerator<{ readonly records: readonly StoredRecord[] }, void, undefined>;
}

/** Where it is remembered what was re-sent; kept by the cluster. */
export interface Memory {
  find(group: string, topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, Bookmark>>;
  keep(group: string, topic: string, bookmarks: ReadonlyMap<number, Bookmark>): Promise<void>;
}

/** Sends records to their topics. One place for each: undefined once it is stored, else why it is not. */
export type Send = (records: readonly KafkaRecord[]) => Promise<(KafkaError | undefined)[]>;

/**
 * Brings a letter's record into the form that its topic takes: what waited for its schema was kept as JSON.
 * @returns why that cannot be, as a sentence
 */
export type Finish = (letter: DeadLetter, record: KafkaRecord) => Promise<KafkaRecord | string>;

/** Brokers that are away for longer than this end a command. Milliseconds. */
export const patience = 30_000;

/** The consumer group, without members, whose offsets are the memory. */
export function groupOf(topic: string): string {
  return `walkeros-kafka-resend.${topic}`;
}
