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
  /** The trace that its event belongs to, by W3C Trace Context; not sent. Only where somebody records spans. */
  readonly traceparent?: string | undefined;
}
