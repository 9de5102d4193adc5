import type { KafkaError } from './errors.ts';

/** Header names to values; text is UTF-8 on the wire. One object is shared by all records of a rule. */
export type RecordHeaders = Readonly<Record<string, string | Buffer>>;

/**
 * One Kafka record, ready to send: everything is decided but the partition.
 * Keys and values are bytes already, so that their size is known exactly and they are encoded once.
 */
export interface KafkaRecord {
  readonly topic: string;
  /**
   * Decides the partition, and with it the order: records of one key stay in order. Null: any partition will do, and no order
   * is promised.
   */
  readonly key: Buffer | null;
  /** Null is a tombstone: a compacted topic forgets the key. An empty value is none. */
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** Where its event belongs; not sent. Only where somebody records spans. */
  readonly trace?: TraceContext | undefined;
  /** What it waits for, where its value is not in its final form yet. */
  readonly pending?: Pending | undefined;
  /**
   * Makes the record that is sent, where mapping values have to give its key, headers or topic: this one is what is known
   * before. Rejects with a KafkaError.
   */
  readonly resolve?: (() => Promise<KafkaRecord>) | undefined;
}

/** In place of a topic that is not known yet, or never will be: no name of one has brackets. */
export const unknownTopic = '(unknown)';

/** Kafka's own overhead of a record in a batch (lengths, offset and timestamp deltas), rounded up. */
const recordOverhead = 24;

/** What a record takes before compression: its size in every message, list and limit but those of the disk. */
export function recordBytes({ key, value, headers }: Pick<KafkaRecord, 'key' | 'value' | 'headers'>): number {
  let bytes = recordOverhead + (key?.length ?? 0) + (value?.length ?? 0);
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0) + 4;
  return bytes;
}

/** A span of a trace, by W3C Trace Context: what OpenTelemetry calls a span context. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly traceFlags: number;
  /** It came with a request from elsewhere. */
  readonly isRemote?: boolean;
}

/**
 * A value that waits for its schema. Meanwhile the record holds it as JSON: by that it is weighed, and as that it goes to the
 * dead-letter topic.
 */
export interface Pending {
  /**
   * The record in its final form; undefined while what it takes is not known.
   * @param record as it is now: others may have put a header on it
   * @throws KafkaError where it never will have one
   */
  finish(record: KafkaRecord): KafkaRecord | undefined;
  /**
   * Resolves once it is worth asking `finish` again. Never rejects.
   * @param timeout milliseconds after which nobody asks any more
   */
  changed(timeout: number): Promise<void>;
  /** Why it still waits, for the message at the deadline. */
  readonly lastError: KafkaError | undefined;
}

/** Of a value that never will have a final form. */
export function refused(lastError: KafkaError): Pending {
  return {
    finish() {
      throw lastError;
    },
    changed: () => Promise.resolve(),
    lastError,
  };
}

/** One record as a topic holds it. Keys, values and headers are bytes: who wrote them is not known. */
export interface StoredRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** In their order; Kafka allows a name more than once. */
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[];
}

/** Where Confluent's clients look first for the schema of a value. */
export const schemaIdHeader = '__value_schema_id';

/** Header names that a dead letter carries beside the record's own. */
export const deadLetterHeaders = {
  topic: 'walkeros-dead-letter-topic',
  code: 'walkeros-dead-letter-code',
  message: 'walkeros-dead-letter-message',
  attempts: 'walkeros-dead-letter-attempts',
  time: 'walkeros-dead-letter-time',
  /** The record's own, in milliseconds since the epoch. That of the letter is when it was written. */
  timestamp: 'walkeros-dead-letter-timestamp',
  /** How the value is compressed, where the letter was too large otherwise. */
  encoding: 'walkeros-dead-letter-encoding',
} as const;

/** The one value of the header `encoding`. */
export const zstdEncoding = 'zstd';
