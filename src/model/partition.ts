import type { KafkaRecord } from './record.ts';

/**
 * Consecutive records of one partition, sent together. It keeps its encoded records and its sequence, so that a batch which
 * is sent again is encoded once and has its old sequence.
 */
export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly KafkaRecord[];
  /** Its encoded records, from when that was begun. */
  encoded?: Promise<EncodedRecords> | undefined;
  /** With an idempotent producer, while the batch is out or nobody knows whether it is stored. */
  sequence?: BatchSequence | undefined;
}

/** The records of a batch, compressed where that is asked for: all of it but the header, which has the sequence. */
export interface EncodedRecords {
  /** Room for the header, and behind it the records where they are not compressed. */
  readonly start: Buffer;
  readonly rest: Buffer;
  readonly plainSize: number;
}

/** Under which a broker knows an idempotent producer. */
export interface ProducerId {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** By which a broker recognises a batch that it has already. */
export interface BatchSequence extends ProducerId {
  readonly firstSequence: number;
}

/** Node ids of the leaders of a topic's partitions, by partition; `noLeader` while an election is on. */
export interface TopicMetadata {
  readonly leaders: readonly number[];
}

export const noLeader = -1;

export function partitionKey(topic: string, partition: number): string {
  return `${topic}:${partition}`;
}
