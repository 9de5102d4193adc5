import { getByPath, isObject } from '@walkeros/core';
import type { Destination, WalkerOS } from '@walkeros/core';
import { KafkaError } from '../model/errors.ts';
import type { Notify } from '../model/notice.ts';
import type { KafkaRecord } from '../model/record.ts';
import { jsonOf } from './json.ts';
import type { PlainShape, RecordShape } from './shape.ts';

export interface RecordSource {
  readonly event: WalkerOS.Event;
  /** What walkerOS mapped (`data.map`), which replaces the event as value where it is an object. */
  readonly data?: Destination.Data;
}

/**
 * Turns one event into the record that Kafka stores. No I/O, no clock.
 * @param fallbackTimestamp used when the event has no usable timestamp, see `hasTimestamp`
 * @throws KafkaError EVENT_NOT_SERIALIZABLE when the value cannot be written as JSON (a cycle, a BigInt), KEY_MISSING where
 *   there is nothing to erase
 */
export function buildRecord(
  source: RecordSource,
  fallbackTimestamp: number,
  shape: PlainShape,
  notify: Notify,
): KafkaRecord {
  return recordOf(source, fallbackTimestamp, shape, shape.topic, pathKey(source.event, shape, notify));
}

export function recordOf(
  { event, data }: RecordSource,
  fallbackTimestamp: number,
  { headers, compose, tombstone }: RecordShape,
  topic: string,
  key: Buffer | null,
): KafkaRecord {
  const timestamp = hasTimestamp(event) ? Math.trunc(event.timestamp) : fallbackTimestamp;
  if (tombstone) return { topic, key, value: null, headers: headers.bare, timestamp };
  const value = isObject(data) ? data : event;
  if (compose !== undefined) return compose({ topic, key, timestamp, headers }, value, event);
  return { topic, key, value: Buffer.from(jsonOf(value, event.name)), headers: headers.json, timestamp };
}

/** The last that JavaScript knows. */
const latestDate = 8.64e15;

/** Kafka keeps non-negative milliseconds; anything else an event may carry there is no time. */
export function hasTimestamp(event: WalkerOS.Event): boolean {
  return Number.isFinite(event.timestamp) && event.timestamp >= 0 && event.timestamp <= latestDate;
}

/** Of a shape whose key no mapping value gives. */
export function pathKey(event: WalkerOS.Event, shape: RecordShape, notify: Notify): Buffer | null {
  const { key: path } = shape;
  if (path === false) return null;
  if (path === undefined) return Buffer.from(nameOf(event));
  return Buffer.from(textOf(getByPath(event, path)) ?? missingKey(event, shape, notify));
}

/**
 * The event's name, in place of a key that was not found.
 * @throws KafkaError KEY_MISSING where that would erase what has the name as its key
 */
export function missingKey(
  event: WalkerOS.Event,
  { key, own, tombstone }: RecordShape,
  notify: Notify,
): string {
  const setting = own.key ? 'settings.key of its mapping rule' : 'settings.kafka.key';
  const from = typeof key === 'string' ? `${setting} ("${key}")` : setting;
  if (tombstone) {
    throw new KafkaError(
      'KEY_MISSING',
      `Event "${event.name}" (${event.id}) erases nothing: ${from} finds no key in it, and a tombstone has nothing else. ` +
        'Send the event again with its key.',
    );
  }
  const used = nameOf(event);
  notify({ kind: 'key-missing', event: event.name, from, used });
  return used;
}

/** As a key. */
export function nameOf(event: Pick<WalkerOS.Event, 'name'>): string {
  return String(event.name).replace(/\s+/g, '_');
}

/** @returns undefined for what is no key: nothing, an object, a list */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (typeof value === 'boolean' || typeof value === 'bigint' || Number.isFinite(value)) return String(value);
  return undefined;
}
