import type { Notify } from '../model/notice.ts';
import type { Spool } from '../model/spool.ts';
import type { Client } from '../transport/port.ts';

/** What the producer needs of a Kafka client. */
export type ProducerClient = Pick<Client, 'metadata' | 'produce' | 'initProducerId' | 'prepare'>;

/** Time, injected so that tests own it. Milliseconds. */
export interface Clock {
  now(): number;
  /** Runs `task` after `ms`; the returned function cancels it. */
  after(ms: number, task: () => void): () => void;
  /** Runs `task` once the current burst of work is through. */
  soon(task: () => void): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
  soon(task) {
    setImmediate(task);
  },
};

/** Resolves once the callback that `arm` is given is called, and after `ms` at the latest. */
export function atMost(clock: Clock, ms: number, arm: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    arm(() => {
      cancel();
      resolve();
    });
  });
}

/** What one batch may hold. */
export interface BatchLimits {
  /** Bytes, before compression. */
  readonly batchSize: number;
  readonly maxRecordsPerBatch: number;
}

/** Milliseconds. */
export interface Pauses {
  readonly initialRetryTime: number;
  readonly maxRetryTime: number;
}

/** `settings.kafka.retry`. */
export interface RetryPolicy extends Pauses {
  readonly retries: number;
}

export interface ProducerSettings extends BatchLimits {
  readonly retry: RetryPolicy;
  /** How long a record may wait for others to share its request, in milliseconds; a full queue does not wait. */
  readonly linger: number;
  /** Every record is complete within this many milliseconds. */
  readonly deliveryTimeout: number;
  readonly idempotent: boolean;
  /** Bytes under way at most. */
  readonly bufferMemory: number;
  /** Where rejected records go, if anywhere. */
  readonly deadLetterTopic: string | undefined;
  /**
   * Where records go that Kafka does not take in time, if anywhere; `always`: all of them, and a push is told by the
   * disk or by Kafka, whichever is first.
   */
  readonly spool: { readonly file: Spool; readonly always: boolean } | undefined;
}

/** Whether the producer is closing, or closed: `Producer.close` alone sets it, and everything else asks. Neither ends again. */
export interface Lifecycle {
  /** Nothing more is taken, neither from callers nor from the disk; what is under way is still sent. */
  readonly isClosing: boolean;
  /** Nothing more is sent: a late answer must not begin another backoff. */
  readonly isClosed: boolean;
}

export interface ProducerContext {
  readonly clock: Clock;
  readonly notify: Notify;
  readonly random: () => number;
  readonly date: () => Date;
}
