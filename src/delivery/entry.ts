import type { KafkaError } from '../vocabulary/errors.ts';
import type { KafkaRecord } from '../vocabulary/record.ts';
import { unassigned } from '../vocabulary/spool.ts';

/** Told exactly once what became of a record: stored (no error), or why not. */
export type Settle = (error?: KafkaError) => void;

/** One record on its way, from push to its settled outcome. */
export interface Entry {
  /** Grows in the order of the pushes; in the spool it is the record's id. */
  readonly id: number;
  readonly record: KafkaRecord;
  /** What the record counts against `bufferMemory` and `batchSize`, before compression. */
  readonly bytes: number;
  /** On the delivery's clock. Settled by then, come what may; none for what the spool has. */
  deadline: number;
  settle: Settle;
  /** `unassigned` until the layout of its topic is known. */
  partition: number;
  /** Whether the spool has it as well: on its way there, or safe there and its push told so. */
  kept: 'no' | 'asked' | 'yes';
  /** Answers so far: "try again", or in the end "no". A broker that cannot be reached does not count. */
  attempts: number;
  /** A request that carried it went unanswered, or was answered with "appended, not replicated". */
  mayHaveBeenWritten: boolean;
  /** A request that carries it is out, so nobody knows yet whether it is written. */
  out: boolean;
  /** Why it is not stored yet, for the message at the deadline. */
  lastError: KafkaError | undefined;
  settled: boolean;
  /** Its bytes count against `bufferMemory`. */
  held: boolean;
}

export function createEntry(id: number, record: KafkaRecord, deadline: number, settle: Settle): Entry {
  return {
    id,
    record,
    bytes: bytesOf(record),
    deadline,
    settle,
    partition: unassigned,
    kept: 'no',
    attempts: 0,
    mayHaveBeenWritten: false,
    out: false,
    lastError: undefined,
    settled: false,
    held: false,
  };
}

/** Kafka's own overhead of a record in a batch (lengths, offset and timestamp deltas), rounded up. */
const recordOverhead = 24;

function bytesOf(record: KafkaRecord): number {
  let bytes = recordOverhead + record.key.length + record.value.length;
  for (const name in record.headers) bytes += name.length + (record.headers[name]?.length ?? 0) + 4;
  return bytes;
}
