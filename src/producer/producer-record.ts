import { channel } from 'node:diagnostics_channel';
import type { KafkaError } from '../model/errors.ts';
import { recordBytes, type KafkaRecord } from '../model/record.ts';
import { unassigned } from '../model/spool.ts';

/** What waits for a record. One of the two is called, once. A promise's own functions will do: 130 bytes a push less. */
export interface Callback {
  /** Kafka, the spool or the dead-letter topic has it. */
  readonly resolve: () => void;
  readonly reject: (error: KafkaError) => void;
}

/** Where a record is. DESIGN.md has the diagram. */
export type RecordState =
  | 'created'
  /** Waits for mapping values of its event, or behind one that does. */
  | 'unresolved'
  /** Waits for room in `bufferMemory`. */
  | 'blocked'
  /** Waits for the schema of its value, or behind one of its key that does. */
  | 'awaiting-schema'
  /** Waits for the metadata of its topic, or for a batch of a removed partition. */
  | 'unrouted'
  /** In the queue of its partition. */
  | 'queued'
  /** In the queue of its partition, and a request that carries it is out: nobody knows whether it is written. */
  | 'in-flight'
  /** On its way to the disk alone, in no queue. */
  | 'diverting'
  /** Its push is told, or a dead letter or the disk alone answers for it. */
  | 'done';

export const recordTransitions: Readonly<Record<RecordState, readonly RecordState[]>> = {
  created: ['unresolved', 'blocked', 'awaiting-schema', 'unrouted', 'queued', 'diverting', 'done'],
  unresolved: ['blocked', 'awaiting-schema', 'unrouted', 'queued', 'diverting', 'done'],
  blocked: ['awaiting-schema', 'unrouted', 'queued', 'done'],
  'awaiting-schema': ['unrouted', 'queued', 'diverting', 'done'],
  unrouted: ['queued', 'done'],
  queued: ['in-flight', 'unrouted', 'done'],
  'in-flight': ['queued', 'done'],
  diverting: ['queued', 'done'],
  done: [],
};

export interface RecordTransition {
  readonly from: RecordState;
  readonly to: RecordState;
  /** Whether `recordTransitions` has it. */
  readonly allowed: boolean;
}

/** Publishes a `RecordTransition` for each change of state, where somebody subscribes: the tests do. */
export const recordStates = channel('walkeros-destination-kafka:record-state');

/**
 * The only function that changes the state of a record. Nothing revives a record that is done: its push was told. Any other
 * transition that the diagram does not have is a fault of this code; it is published, and made all the same, because a state
 * that contradicts the queues would harm the record more than a surprising one.
 */
export function moveTo(record: ProducerRecord, to: RecordState): void {
  const from = record.state;
  if (recordStates.hasSubscribers)
    recordStates.publish({
      from,
      to,
      allowed: recordTransitions[from].includes(to),
    } satisfies RecordTransition);
  if (from === 'done') return;
  (record as { state: RecordState }).state = to;
}

/** What is to be sent is not known yet: the disk and other topics have no use for it. */
export const isUnfinished = ({ state }: ProducerRecord): boolean =>
  state === 'unresolved' || state === 'awaiting-schema';

/** One record on its way, from its push until it is complete. */
export interface ProducerRecord {
  /**
   * Grows in the order of the pushes; in the spool it is the record's id. A record that waited to be resolved, or for a schema,
   * gets a new one.
   */
  id: number;
  /** What is sent. Replaced once, where its value had to wait for a schema. */
  content: KafkaRecord;
  /** Changed by `moveTo` alone. */
  readonly state: RecordState;
  /** What the record counts against `bufferMemory` and `batchSize`, before compression. */
  readonly bytes: number;
  /**
   * On the producer's clock. The record is complete by then, or the disk is asked: with a spool it is `marginOf` earlier than the
   * push may take. What the spool has, has none. `LiveRecords` goes by it.
   */
  deadline: number;
  callback: Callback;
  /** `unassigned` until the metadata of its topic is known. */
  partition: number;
  /** The partition under which the spool has it. */
  spoolPartition: number;
  /** Whether the spool has it: no, on its way there, or safe there and its push told so. */
  durability: 'memory' | 'writing' | 'disk';
  /** Answers so far: "try again", or in the end "no". A broker that cannot be reached does not count. */
  attempts: number;
  /** A request that carried it went unanswered, or was answered with "appended, not replicated", or by a leader of the past. */
  mayHaveBeenWritten: boolean;
  /** Why it is not stored yet, for the message at the deadline. */
  lastError: KafkaError | undefined;
  /** Its bytes count against `bufferMemory`. */
  held: boolean;
  /** Its neighbours in `LiveRecords`. */
  older: ProducerRecord | undefined;
  newer: ProducerRecord | undefined;
}

export function createProducerRecord(
  id: number,
  content: KafkaRecord,
  deadline: number,
  callback: Callback,
): ProducerRecord {
  return {
    id,
    content,
    state: 'created',
    bytes: recordBytes(content),
    deadline,
    callback,
    partition: unassigned,
    spoolPartition: unassigned,
    durability: 'memory',
    attempts: 0,
    mayHaveBeenWritten: false,
    lastError: undefined,
    held: false,
    older: undefined,
    newer: undefined,
  };
}
