import type { KafkaError } from '../vocabulary/errors.ts';
import type { KafkaRecord } from '../vocabulary/record.ts';
import { unassigned } from '../vocabulary/spool.ts';

/** Who waits for a record is told exactly once, in one of two ways. A promise's own functions will do: 130 bytes a push less. */
export interface Waiter {
  /** It is stored. */
  readonly resolve: () => void;
  readonly reject: (error: KafkaError) => void;
}

/** One record on its way, from push to its settled outcome. */
export interface Entry {
  /** Grows in the order of the pushes; in the spool it is the record's id. Given anew to who had to wait for a schema. */
  id: number;
  /** Replaced once, where its value had to be waited for. */
  record: KafkaRecord;
  /** It waits for the schema of its value, or behind one that does. */
  unfinished: boolean;
  /** What the record counts against `bufferMemory` and `batchSize`, before compression. */
  readonly bytes: number;
  /** On the delivery's clock. Settled by then, come what may; none for what the spool has. */
  deadline: number;
  waiter: Waiter;
  /** `unassigned` until the layout of its topic is known. */
  partition: number;
  /** The partition under which the spool has it. */
  place: number;
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

export function createEntry(id: number, record: KafkaRecord, deadline: number, waiter: Waiter): Entry {
  return {
    id,
    record,
    unfinished: false,
    bytes: bytesOf(record),
    deadline,
    waiter,
    partition: unassigned,
    place: unassigned,
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
