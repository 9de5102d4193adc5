import type { KafkaError } from '../model/errors.ts';
import type { NoticeOf } from '../model/notice.ts';
import type { BatchSequence, EncodedRecords, PartitionBatch } from '../model/partition.ts';
import type { KafkaRecord } from '../model/record.ts';
import type { Place } from '../model/spool.ts';
import type { ProducerRecord } from './producer-record.ts';

/** A batch as far as its sequence is concerned. */
export interface SequencedBatch extends PartitionBatch {
  /**
   * It must be sent as it is until its fate is known. Only a batch with a sequence can be in doubt: without one, records of unknown
   * fate go into new batches.
   */
  readonly inDoubt?: boolean;
  /** The disk has its boundaries and its sequence: the next process would send it again as it is. */
  noted?: boolean;
  /** Absent: it cannot be noted. */
  readonly producerRecords?: readonly ProducerRecord[];
}

/**
 * The head of a partition's queue, on its way in one produce request. The client encodes it and sends it once. While it is in
 * doubt, the producer sends it again unchanged (`ProducerState`).
 */
export class ProducerBatch<Queue extends Place> implements SequencedBatch {
  readonly queue: Queue;
  readonly topic: string;
  readonly partition: number;
  readonly producerRecords: readonly ProducerRecord[];
  readonly records: readonly KafkaRecord[];
  /** Before compression. */
  readonly bytes: number;
  /**
   * Its records stay in the queue while it is, even those that are done. `PartitionQueue.giveBack` writes it, by the
   * outcome's `unchanged`. `ProducerState` remembers besides under which id it was sent, and `BatchesInDoubt` what is noted on the disk.
   */
  inDoubt = false;
  encoded: Promise<EncodedRecords> | undefined;
  sequence: BatchSequence | undefined;
  /** `BatchesInDoubt` writes it. */
  noted = false;
  /** The topic may have its records twice, whatever the broker answers. */
  mayBeDoubled = false;

  constructor(queue: Queue, records: readonly ProducerRecord[], bytes: number) {
    this.queue = queue;
    this.topic = queue.topic;
    this.partition = queue.partition;
    this.producerRecords = records;
    this.records = records.map(({ content }) => content);
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

  /** Some of its records will be sent again, by this process or, from the disk, by the next. */
  get comesAgain(): boolean {
    return this.producerRecords.some(({ state, durability }) => state !== 'done' || durability !== 'memory');
  }

  doubled(): NoticeOf<'may-be-doubled'> {
    const { topic, partition, records } = this;
    return { kind: 'may-be-doubled', topic, partition, records: records.length };
  }

  /** @param delay milliseconds until the next try */
  retrying(error: KafkaError, delay: number): NoticeOf<'retrying'> {
    return { kind: 'retrying', topic: this.topic, error, delay, records: this.records.length };
  }
}
