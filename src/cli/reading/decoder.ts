import type { StoredRecord } from '../../model/record.ts';

/** A record's value as something to read. */
export interface Decoded {
  /** Such as `json` or `avro 12`: how it was written. */
  readonly format: string;
  /** As JSON has it, for filters. */
  readonly value: unknown;
  /** What is shown of a value that was written as JSON: its text, on one line. `value` rounds numbers of many digits. */
  readonly json?: string | undefined;
}

/**
 * One way in which values are written.
 * @returns undefined for a value that is written in another way; a promise only where something has to be looked up first
 */
export type Decoder = (record: StoredRecord) => Decoded | Promise<Decoded> | undefined;
