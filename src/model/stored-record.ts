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
