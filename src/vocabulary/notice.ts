import type { KafkaError } from './errors.ts';

/** Everything worth telling an operator, typed: log lines derive from it (`telemetry/log.ts`). */
export type Notice =
  | { readonly kind: 'connected'; readonly brokers: readonly string[] }
  | { readonly kind: 'connect-failed'; readonly error: KafkaError }
  | { readonly kind: 'timestamp-replaced'; readonly event: string; readonly timestamp: string }
  | { readonly kind: 'topic-missing'; readonly topic: string; readonly error: KafkaError }
  | { readonly kind: 'retrying'; readonly topic: string; readonly error: KafkaError; readonly delay: number }
  | { readonly kind: 'gave-up'; readonly topic: string; readonly error: KafkaError }
  | { readonly kind: 'rejected'; readonly topic: string; readonly error: KafkaError }
  | {
      readonly kind: 'dead-lettered';
      readonly topic: string;
      readonly deadLetterTopic: string;
      readonly error: KafkaError;
    }
  | { readonly kind: 'buffer-full'; readonly bufferMemory: number }
  | { readonly kind: 'client-rebuilt'; readonly error: KafkaError }
  | { readonly kind: 'left-behind'; readonly records: number }
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
      /** Undefined: there was no room in memory. */
      readonly why: KafkaError | undefined;
    }
  | { readonly kind: 'spool-drained'; readonly topic: string }
  | { readonly kind: 'spool-refused'; readonly topic: string; readonly error: KafkaError }
  | { readonly kind: 'spool-failed'; readonly error: KafkaError };

export type Notify = (notice: Notice) => void;
