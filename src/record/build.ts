import { getByPath, isObject } from '@walkeros/core';
import type { Destination, WalkerOS } from '@walkeros/core';
import { KafkaError, reasonOf } from '../vocabulary/errors.ts';
import type { KafkaRecord, RecordHeaders } from '../vocabulary/record.ts';

/** The settings that shape a record. A mapping rule's `topic` and `key` win over these. */
export interface RecordSettings {
  readonly topic: string;
  /** Path into the event, such as `user.id`. */
  readonly key: string | undefined;
  readonly headers: RecordHeaders;
}

export interface RecordOverrides {
  readonly topic?: string | undefined;
  readonly key?: string | undefined;
}

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
  return {
    topic: rule?.topic ?? settings.topic,
    key: Buffer.from(keyOf(event, rule?.key ?? settings.key)),
    value: Buffer.from(jsonOf(isObject(data) ? data : event, event.name)),
    headers: settings.headers,
    timestamp: hasTimestamp(event) ? Math.trunc(event.timestamp) : fallbackTimestamp,
  };
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
  if (typeof value === 'boolean' || Number.isFinite(value)) return String(value);
  return String(event.name).replace(/\s+/g, '_');
}

function jsonOf(value: unknown, eventName: string): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (thrown) {
    throw new KafkaError(
      'EVENT_NOT_SERIALIZABLE',
      `Event "${eventName}" cannot be written as JSON: ${firstLine(reasonOf(thrown))}. ` +
        'Map the offending property away with `data.map`, or turn it into a string at its source.',
      { cause: thrown },
    );
  }
  if (json === undefined) {
    throw new KafkaError(
      'EVENT_NOT_SERIALIZABLE',
      `Event "${eventName}" has no JSON form (its toJSON returns nothing).`,
    );
  }
  return json;
}

/** V8 draws a cycle over several lines; the first names the fault. */
function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}
