import type { KafkaError } from '../vocabulary/errors.ts';
import type { KafkaRecord } from '../vocabulary/record.ts';

/** Told exactly once what became of a record: stored (no error), or why not. */
export type Settle = (error?: KafkaError) => void;

/** One record on its way, from push to its settled outcome. */
export interface Entry {
  readonly record: KafkaRecord;
  /** What the record counts against `bufferMemory` and `batchSize`, before compression. */
  readonly bytes: number;
  /** On the delivery's clock. Settled by then, come what may. */
  readonly deadline: number;
  readonly settle: Settle;
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

export function createEntry(record: KafkaRecord, deadline: number, settle: Settle): Entry {
  return {
    record,
    bytes: bytesOf(record),
    deadline,
    settle,
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
