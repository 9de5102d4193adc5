import type { KafkaError } from './errors.ts';
import type { BatchSequence } from './partition.ts';
import type { KafkaRecord } from './record.ts';

/** A record of the spool. Ids grow in the order in which the records were pushed. */
export interface SpooledRecord {
  readonly id: number;
  readonly record: KafkaRecord;
}

/** Told once: the record is on the disk for good (no error), or why not. */
export type OnSpooled = (error?: KafkaError) => void;

/** A record of the spool that cannot be read. The error names its row. */
export type OnDamaged = (error: KafkaError) => void;

/** Stands for the partition of a record that was kept before the metadata of its topic was known. */
export const unassigned = -1;

/** Where waiting records of the spool belong. */
export interface Place {
  readonly topic: string;
  /** `unassigned` where nobody could tell yet. */
  readonly partition: number;
}

/**
 * A batch of records of the spool, of which nobody knows whether the broker has it: it was sent, or is about to be. A process
 * that ends before it knows leaves it to the next one, which sends it again unchanged; the broker recognises it by its sequence.
 */
export interface BatchInDoubt extends Place, BatchSequence {
  /** Of its records, in their order. */
  readonly ids: readonly number[];
  /** When the process noted it, before it was first sent. */
  readonly notedAt: Date;
}

export interface NotedBatch extends BatchInDoubt {
  readonly records: readonly KafkaRecord[];
}

export type Assigned = 'done' | 'more' | 'later';

/** How much lies in a spool, records that the broker refused included. */
export interface SpoolLevel {
  readonly records: number;
  /** As they count against `settings.spool.maxBytes`. */
  readonly bytes: number;
  /** When the oldest record was put there; undefined when it is empty, or its file cannot be read. */
  readonly oldest: Date | undefined;
}

/**
 * A durable queue of records, in the order of their ids within each place. What was told as kept outlives the process
 * and a power cut, until it is removed.
 */
export interface Spool {
  /** The highest id there is; new records take higher ones. */
  readonly lastId: number;

  /** A record would be kept now: its disk can be written, and no record was turned away for want of room since there was less. */
  readonly accepting: boolean;

  /**
   * Keeps a record. Many appends share one write; `kept` is never called from within the call, and not at all for a
   * record that is removed before.
   * @param kept told KafkaError SPOOL_FULL or SPOOL_FAILED where the record could not be kept
   */
  append(id: number, record: KafkaRecord, partition: number, kept: OnSpooled): void;

  /** The record is stored on the broker. Durable with the next write: after a crash it may come back. */
  remove(id: number, record: KafkaRecord): void;

  /** The broker will never take the record: it stays, is not read any more, and waits again at the next start. */
  refuse(id: number, error: KafkaError): void;

  /**
   * The waiting records of a place, oldest first, those appended a moment ago included.
   * @param after only ids above this one
   * @param maxBytes as much as fits, and at least one record
   * @param onDamaged told once of each record that cannot be read; it is passed over, as if refused
   */
  read(place: Place, after: number, maxBytes: number, onDamaged?: OnDamaged): SpooledRecord[];

  /** Calls back once no removed record is in the file any more: with a disk that has no room, later. Not after `close`. */
  whenRemoved(then: () => void): void;

  /** Every place where records wait, and how many. */
  places(): (Place & { readonly records: number })[];

  /**
   * Gives up to `limit` records of a topic that have no partition, or one beyond `partitions`, the one that `choose` says;
   * which of them first is not said.
   * @returns whether all have theirs, or there may be more; `later`: the disk is behind, ask again in some milliseconds
   */
  assign(topic: string, partitions: number, choose: (key: Buffer | null) => number, limit: number): Assigned;

  /** The batches in doubt that an earlier process left; at most one for each place. */
  batchesInDoubt(): BatchInDoubt[];

  /**
   * Notes batches that are about to be sent, or are out, in the place of an older one of their partition. When the call returns, they and
   * their records outlive this process. `noted` is called once they outlive a power cut as well, or once the disk refused: that
   * costs a promise about a crash, and must not hold up what is sent. It is never called from within the call.
   */
  noteInDoubt(batches: readonly NotedBatch[], noted: () => void): void;

  /** The fate of the place's batch is known. Durable with the next write, which is also that of removals made in the same turn. */
  forgetInDoubt(place: Place): void;

  /**
   * The records of a batch in doubt as they were when it was noted, in their order.
   * @returns undefined where one of them is missing, refused, damaged or another one
   */
  readInDoubt(batch: BatchInDoubt): SpooledRecord[] | undefined;

  /** Costs a look at one row, however many there are. Not after `close`. */
  level(): SpoolLevel;

  /**
   * Drops what nobody was told of yet, and tells so: who closes the spool waits for no answer any more. Then frees the
   * file, which takes as long as the disk does. Safe twice.
   */
  close(): Promise<void>;
}
