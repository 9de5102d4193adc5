import type { StoredRecord } from '../vocabulary/stored-record.ts';
import { textOf } from './bytes.ts';
import type { Decoded } from './decoder.ts';

/** A record as one line of JSON, for programs. Bytes that are no text are base64. */
export function recordJson(
  { topic, partition, offset, timestamp, key, headers }: StoredRecord,
  { format, value }: Decoded,
): string {
  return JSON.stringify({
    topic,
    partition,
    offset: Number(offset),
    timestamp,
    key: key && bytesText(key),
    headers: headers.map(([name, bytes]) => [name, bytes && bytesText(bytes)]),
    format,
    value,
  });
}

/** The parts of a record as one line, for people. */
export function recordParts({ partition, offset, timestamp, key }: StoredRecord, { format, value }: Decoded) {
  return {
    time: new Date(timestamp).toISOString(),
    place: `${partition}/${offset}`,
    key: key === null ? '(no key)' : bytesText(key),
    // Schemas and raw bytes say so; JSON is what everybody expects.
    format: format === 'json' || format === 'text' ? '' : `${format} `,
    value: format === 'text' && typeof value === 'string' ? value : JSON.stringify(value),
  };
}

export function bytesText(bytes: Buffer): string {
  return textOf(bytes) ?? bytes.toString('base64');
}
