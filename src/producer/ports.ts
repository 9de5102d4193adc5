import type { Notify } from '../model/notice.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Slice, TopicLayout } from '../model/partition.ts';
import type { Spool } from '../model/spool.ts';
import type { Clock } from './clock.ts';
import type { GroupCommit } from './broker-senders.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** What delivery needs of a Kafka client: the part of the client port that writes. */
export interface Broker {
  layout(topic: string): Promise<TopicLayout>;
  produce(slices: readonly Slice[]): Promise<Outcome[]>;
  /** Begins to compress what will be produced next; absent where nothing is gained by it. */
  readonly prepare?: ((slices: readonly Slice[]) => void) | undefined;
  partitionOf(key: Buffer, partitions: number): number;
}

export interface DeliverySettings extends GroupCommit {
  readonly retry: RetryPolicy;
  /** Every record is settled within this many milliseconds. */
  readonly deliveryTimeout: number;
  /** Bytes under way at most. */
  readonly bufferMemory: number;
  /** Where rejected records go, if anywhere. */
  readonly deadLetterTopic: string | undefined;
  /** Where records go that Kafka does not take in time, if anywhere; `always`: all of them, before their push is told. */
  readonly spool: { readonly file: Spool; readonly always: boolean } | undefined;
}

export interface DeliveryContext {
  readonly clock: Clock;
  readonly notify: Notify;
  readonly random: () => number;
  readonly date: () => Date;
}
