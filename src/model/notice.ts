import type { KafkaError } from './errors.ts';
import type { ProduceReport } from './outcome.ts';

/**
 * Everything worth telling an operator, typed. What each becomes (a log line, metrics, a span) stands in the catalogue
 * (`telemetry/catalogue.ts`).
 */
export type Notice =
  | { readonly kind: 'connected'; readonly brokers: readonly string[] }
  | { readonly kind: 'connect-failed'; readonly error: KafkaError }
  /** No broker is known to answer any more. */
  | { readonly kind: 'disconnected'; readonly error: KafkaError }
  /** One answers again. `downFor`: milliseconds. */
  | { readonly kind: 'reconnected'; readonly downFor: number }
  | { readonly kind: 'requested'; readonly report: ProduceReport }
  | { readonly kind: 'timestamp-replaced'; readonly event: string; readonly timestamp: string }
  | { readonly kind: 'topic-missing'; readonly topic: string; readonly error: KafkaError }
  /** So many records of one partition are sent again after `delay` milliseconds. */
  | {
      readonly kind: 'retrying';
      readonly topic: string;
      readonly error: KafkaError;
      readonly delay: number;
      readonly records: number;
    }
  /** A batch was too large: its records are sent again in smaller ones. */
  | {
      readonly kind: 'batch-halved';
      readonly topic: string;
      readonly error: KafkaError;
      /** Before compression. */
      readonly bytes: number;
      readonly records: number;
    }
  /** `records`: how many failed with this error; one if absent. */
  | {
      readonly kind: 'gave-up';
      readonly topic: string;
      readonly error: KafkaError;
      readonly records?: number;
    }
  | { readonly kind: 'rejected'; readonly topic: string; readonly error: KafkaError }
  | {
      readonly kind: 'dead-lettered';
      readonly topic: string;
      readonly deadLetterTopic: string;
      readonly error: KafkaError;
    }
  /** `spooled`: what finds no room goes to the spool, and does not wait for it. */
  | { readonly kind: 'buffer-full'; readonly bufferMemory: number; readonly spooled: boolean }
  /** The schema of a topic could not be looked up. `inUse`: another version is known. */
  | {
      readonly kind: 'schema-unavailable';
      readonly topic: string;
      readonly error: KafkaError;
      readonly inUse: boolean;
    }
  | { readonly kind: 'left-behind'; readonly records: number }
  | { readonly kind: 'spool-opened'; readonly path: string }
  | { readonly kind: 'spool-left'; readonly topic: string; readonly records: number }
  | {
      readonly kind: 'spool-damaged';
      readonly path: string;
      readonly movedTo: string;
      /** How many could be taken over into the new file. */
      readonly records: number;
    }
  | {
      readonly kind: 'spooling';
      readonly topic: string;
      /** `no-room`: in memory. `order`: older records of the same partition are there. */
      readonly why: KafkaError | 'no-room' | 'order';
    }
  | { readonly kind: 'spool-drained'; readonly topic: string }
  | { readonly kind: 'spool-refused'; readonly topic: string; readonly error: KafkaError }
  /** A row of it cannot be read; the others can. */
  | { readonly kind: 'spool-row-damaged'; readonly topic: string; readonly error: KafkaError }
  | { readonly kind: 'spool-failed'; readonly error: KafkaError };

export type NoticeKind = Notice['kind'];
export type NoticeOf<Kind extends NoticeKind> = Extract<Notice, { readonly kind: Kind }>;

export type Notify = (notice: Notice) => void;
