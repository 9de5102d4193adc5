import type { Outcome } from './outcome.ts';
import type { Slice } from './partition.ts';

/** One produce request as it went: told once, when its outcome is known. */
export interface ProduceReport {
  /** The leader it was for, `host:port`. */
  readonly broker: string;
  readonly slices: readonly Slice[];
  /** One per slice, in their order. `unreachable`: there was no connection, so the request was not sent. */
  readonly outcomes: readonly Outcome[];
  /** Milliseconds, by `performance.now()`. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Bytes of the record batches, before compression and as sent. Undefined where they were not encoded. */
  readonly size: { readonly plain: number; readonly sent: number } | undefined;
}

/** Must not throw: it stands between the answer and those who wait for it. */
export type OnProduced = (report: ProduceReport) => void;
