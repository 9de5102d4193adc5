import type { BufferPool } from './buffer-pool.ts';
import type { LiveRecords } from './live-records.ts';
import type { Lifecycle, ProducerContext, ProducerSettings } from './ports.ts';
import type { SpooledRecords } from './spooled-records.ts';

/** What all parts of one producer share. */
export interface Shared extends ProducerContext {
  readonly settings: ProducerSettings;
  readonly lifecycle: Lifecycle;
  readonly pool: BufferPool;
  readonly live: LiveRecords;
  /** Undefined where there is no spool. */
  readonly spooled: SpooledRecords | undefined;
  /** How long a push waits for Kafka: to its end, or until there is just time left for the disk. Milliseconds. */
  readonly timeout: number;
}
