import type { KafkaError } from './errors.ts';

/** Header names to values, both UTF-8 strings on the wire. One object is shared by all records of a rule. */
export type RecordHeaders = Readonly<Record<string, string>>;

/**
 * One Kafka record, ready to send: everything is decided but the partition.
 * Keys and values are bytes already, so that their size is known exactly and they are encoded once.
 */
export interface KafkaRecord {
  readonly topic: string;
  /** Decides the partition, and with it the order: records of one key stay in order. */
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: RecordHeaders;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** Where its event belongs; not sent. Only where somebody records spans. */
  readonly trace?: TraceContext | undefined;
  /** What it waits for, where its value is not in its final form yet. */
  readonly pending?: Pending | undefined;
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
   * @param patience milliseconds after which nobody asks any more
   */
  moved(patience: number): Promise<void>;
  /** Why it still waits, for the message at the deadline. */
  readonly lastError: KafkaError | undefined;
}
