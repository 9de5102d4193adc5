import { getByPath, isObject } from '@walkeros/core';
import type { Destination, WalkerOS } from '@walkeros/core';
import type { KafkaRecord, RecordHeaders } from '../model/record.ts';
import { jsonOf } from './json.ts';

/** The settings that shape a record. A mapping rule's `topic` and `key` win over these. */
export interface RecordSettings {
  readonly topic: string;
  /** Path into the event, such as `user.id`. */
  readonly key: string | undefined;
  readonly headers: RecordHeaders;
  /** Undefined: JSON with the headers above. */
  readonly composer?: (rule: RecordOverrides | undefined) => Compose | undefined;
}

export interface RecordOverrides {
  readonly topic?: string | undefined;
  readonly key?: string | undefined;
  /** Of interest to `composer` only. */
  readonly value?: unknown;
}

/** A record but for its value, and the headers that say what it is. */
export type Head = Pick<KafkaRecord, 'topic' | 'key' | 'timestamp'>;

/**
 * Completes a record with its value.
 * @throws KafkaError EVENT_NOT_SERIALIZABLE, VALUE_INVALID
 */
export type Compose = (head: Head, value: object, event: WalkerOS.Event) => KafkaRecord;

/**
 * Turns one event into the record that Kafka stores. Pure: no I/O, no clock.
 *
 * @param data what walkerOS mapped (`data.map`), which replaces the event as value where it is an object
 * @param fallbackTimestamp used when the event has no usable timestamp, see `hasTimestamp`
 * @throws KafkaError EVENT_NOT_SERIALIZABLE when the value cannot be written as JSON (a cycle, a BigInt)
 */
export function buildRecord(
  event: WalkerOS.Event,
  data: Destination.Data,
  rule: RecordOverrides | undefined,
  settings: RecordSettings,
  fallbackTimestamp: number,
): KafkaRecord {
  const topic = rule?.topic ?? settings.topic;
  const key = Buffer.from(keyOf(event, rule?.key ?? settings.key));
  const timestamp = hasTimestamp(event) ? Math.trunc(event.timestamp) : fallbackTimestamp;
  const value = isObject(data) ? data : event;
  const compose = settings.composer?.(rule);
  if (compose !== undefined) return compose({ topic, key, timestamp }, value, event);
  return { topic, key, value: Buffer.from(jsonOf(value, event.name)), headers: settings.headers, timestamp };
}

/** The last that JavaScript knows. */
const latestDate = 8.64e15;

/** Kafka keeps non-negative milliseconds; anything else an event may carry there is no time. */
export function hasTimestamp(event: WalkerOS.Event): boolean {
  return Number.isFinite(event.timestamp) && event.timestamp >= 0 && event.timestamp <= latestDate;
}

/** Static headers win over the content type, which is why they come last. */
export function headersOf(staticHeaders: RecordHeaders): RecordHeaders {
  return Object.freeze({ 'content-type': 'application/json', ...staticHeaders });
}

function keyOf(event: WalkerOS.Event, path: string | undefined): string {
  const value = path === undefined ? undefined : getByPath(event, path);
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint' || Number.isFinite(value)) return String(value);
  return String(event.name).replace(/\s+/g, '_');
}
