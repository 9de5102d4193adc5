import type { KafkaError } from '../model/errors.ts';
import type { NoticeOf } from '../model/notice.ts';
import type { BatchSequence, EncodedRecords, Slice } from '../model/partition.ts';
import type { KafkaRecord } from '../model/record.ts';
import type { Place } from '../model/spool.ts';
import type { ProducerRecord } from './producer-record.ts';

/**
 * The head of a partition's queue, on its way in one produce request. It is what the client encodes, sends, and sends again
 * unchanged while nobody knows whether it is stored.
 */
export class ProducerBatch<Queue extends Place> implements Slice {
  readonly lane: Queue;
  readonly topic: string;
  readonly partition: number;
  readonly entries: readonly ProducerRecord[];
  readonly records: readonly KafkaRecord[];
  /** Before compression. */
  readonly bytes: number;
  /** It must be sent as it is until its fate is known, whatever became of its entries: they stay in the queue till then. */
  inDoubt = false;
  encoded: Promise<EncodedRecords> | undefined;
  sequence: BatchSequence | undefined;

  constructor(lane: Queue, entries: readonly ProducerRecord[], bytes: number) {
    this.lane = lane;
    this.topic = lane.topic;
    this.partition = lane.partition;
    this.entries = entries;
    this.records = entries.map(({ record }) => record);
    this.bytes = bytes;
  }

  halved(error: KafkaError): NoticeOf<'batch-halved'> {
    return {
      kind: 'batch-halved',
      topic: this.topic,
      error,
      bytes: this.bytes,
      records: this.records.length,
    };
  }

  /** @param delay milliseconds until the next try */
  retrying(error: KafkaError, delay: number): NoticeOf<'retrying'> {
    return { kind: 'retrying', topic: this.topic, error, delay, records: this.records.length };
  }
}
