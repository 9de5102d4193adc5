import type { KafkaError } from './errors.ts';
import type { ProduceReport } from './outcome.ts';

/** What each kind of notice says. */
interface Facts {
  connected: { brokers: readonly string[] };
  'connect-failed': { error: KafkaError };
  /** No broker is known to answer any more. */
  disconnected: { error: KafkaError };
  /** One answers again. `downFor`: milliseconds. */
  reconnected: { downFor: number };
  requested: { report: ProduceReport };
  'timestamp-replaced': { event: string; timestamp: string };
  /** The setting `from` finds no key in the event, so that `used`, its name, is the key. */
  'key-missing': { event: string; from: string; used: string };
  'topic-missing': { topic: string; error: KafkaError };
  /** So many records of one partition are sent again after `delay` milliseconds. */
  retrying: { topic: string; error: KafkaError; delay: number; records: number };
  /** A batch was too large: its records are sent again in smaller ones. `bytes`: before compression. */
  'batch-halved': { topic: string; error: KafkaError; bytes: number; records: number };
  /** `records`: how many failed with this error; one if absent. */
  'gave-up': { topic: string; error: KafkaError; records?: number };
  rejected: { topic: string; error: KafkaError };
  'dead-lettered': { topic: string; deadLetterTopic: string; error: KafkaError };
  /** `spooled`: what finds no room goes to the spool, and does not wait for it. */
  'buffer-full': { bufferMemory: number; spooled: boolean };
  /** The schema of a topic could not be looked up. `inUse`: another version is known. */
  'schema-unavailable': { topic: string; error: KafkaError; inUse: boolean };
  'left-behind': { records: number };
  'spool-opened': { path: string };
  'spool-left': { topic: string; records: number };
  'spool-stays': { path: string; records: number };
  /** `records`: how many could be taken over into the new file. */
  'spool-damaged': { path: string; movedTo: string; records: number };
  /** `no-room`: in memory. `order`: older records of the same partition, or of a topic whose partitions are not known, are there. */
  spooling: { topic: string; why: KafkaError | 'no-room' | 'order' };
  /** A batch that an earlier process left in doubt is sent again as it was. */
  'batch-restored': { topic: string; partition: number; records: number };
  /** A batch in doubt could not be sent again as it was, or the broker did not say whether it had it. */
  'may-be-doubled': { topic: string; partition: number; records: number };
  /** `refused`: of those that waited, they stay in the file. */
  'spool-drained': { topic: string; refused: number };
  'spool-refused': { topic: string; error: KafkaError };
  'spool-row-damaged': { topic: string; error: KafkaError };
  'spool-failed': { error: KafkaError };
  /** `address`: a URL, or the path of a socket. */
  'health-opened': { address: string };
  'health-unavailable': { address: string; reason: string };
}

export type NoticeKind = keyof Facts;
export type NoticeOf<Kind extends NoticeKind> = Kind extends NoticeKind
  ? { readonly kind: Kind } & Readonly<Facts[Kind]>
  : never;

/**
 * Everything worth telling an operator, typed. What each becomes (a log line, metrics, a span) stands in the catalogue
 * (`telemetry/catalogue.ts`).
 */
export type Notice = NoticeOf<NoticeKind>;

export type Notify = (notice: Notice) => void;
