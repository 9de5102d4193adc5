import type { ErrorCode } from '../model/errors.ts';
import type { SpoolLevel } from '../model/spool.ts';

/** How a destination fares, for whoever supervises the process. Plain data: `JSON.stringify` writes it as it is. */
export interface KafkaHealth {
  /** The destination's id in the flow. */
  readonly id: string;
  /**
   * An event that is pushed now is taken in its time: by Kafka, or by the spool. With a spool an outage leaves it true, until the
   * spool has no room. False while the destination opens or closes.
   */
  readonly ready: boolean;
  /** A broker answers, as far as is known. While none does, the cluster is asked every few seconds. */
  readonly connected: boolean;
  /**
   * Why the destination could not be opened: its pushes fail. It is tried again every two seconds, but for settings that
   * cannot work (`SETTINGS_INVALID`). Absent once it is open.
   */
  readonly error?: { readonly code: ErrorCode | undefined; readonly message: string };
  /** When a broker last acknowledged a record; undefined before the first. */
  readonly lastAcknowledgedAt: Date | undefined;
  /** Records that pushes have handed over and that are not settled yet. */
  readonly waiting: {
    readonly records: number;
    readonly bytes: number;
    /** `settings.kafka.bufferMemory`, in bytes. */
    readonly limit: number;
  };
  /** Events so far in which the key was not found: their name is their key, and all of a name are in one partition. */
  readonly keyFallbacks: number;
  /** Undefined without `settings.spool`. */
  readonly spool:
    | (SpoolLevel & {
        /** `settings.spool.maxBytes`, in bytes. */
        readonly limit: number;
      })
    | undefined;
}
