import type { KafkaError } from '../model/errors.ts';
import type { NoticeOf } from '../model/notice.ts';
import type { Slice } from '../model/partition.ts';
import type { Batch } from './lane.ts';

/** The batch as the client takes it. */
export function sliceOf({ lane, records }: Batch): Slice {
  return { topic: lane.topic, partition: lane.partition, records };
}

export function halved({ lane, entries, bytes }: Batch, error: KafkaError): NoticeOf<'batch-halved'> {
  return { kind: 'batch-halved', topic: lane.topic, error, bytes, records: entries.length };
}

/** @param delay milliseconds until the next try */
export function retrying({ lane, entries }: Batch, error: KafkaError, delay: number): NoticeOf<'retrying'> {
  return { kind: 'retrying', topic: lane.topic, error, delay, records: entries.length };
}
