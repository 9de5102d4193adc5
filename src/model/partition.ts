import type { KafkaRecord } from './record.ts';

/** Consecutive records of one partition, sent together. */
export interface Slice {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly KafkaRecord[];
}

/** Node ids of the leaders of a topic's partitions, by partition; `noLeader` while an election is on. */
export interface TopicLayout {
  readonly leaders: readonly number[];
}

export const noLeader = -1;
