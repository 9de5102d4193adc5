import { textOf, tombstone, type Decoded } from './decode.ts';
import { printable, printableJson } from '../../model/foreign.ts';
import type { StoredRecord } from '../../model/record.ts';

/** A record as one line of JSON, for programs. Bytes that are no text are base64. */
export function recordJson(
  { topic, partition, offset, timestamp, key, headers }: StoredRecord,
  decoded: Decoded,
): string {
  const head = JSON.stringify({
    topic,
    partition,
    offset: Number(offset),
    timestamp,
    key: key && bytesText(key),
    headers: headers.map(([name, bytes]) => [name, bytes && bytesText(bytes)]),
    format: decoded.format,
  });
  return printableJson(`${head.slice(0, -1)},"value":${decodedJson(decoded)}}`);
}

/** The parts of a record as one line, for people. */
export function recordParts({ partition, offset, timestamp, key }: StoredRecord, decoded: Decoded) {
  const { format, value } = decoded;
  const isText = format === 'text' && typeof value === 'string';
  return {
    time: timeOf(timestamp),
    place: `${partition}/${offset}`,
    key: key === null ? '(no key)' : printable(bytesText(key)),
    // JSON and text are what everybody expects.
    format: ['json', 'text', tombstone].includes(format) ? '' : `${printable(format)} `,
    value: format === tombstone ? '(tombstone)' : printable(isText ? value : decodedJson(decoded)),
  };
}

export function bytesText(bytes: Buffer): string {
  return textOf(bytes) ?? bytes.toString('base64');
}

export function decodedJson({ json, value }: Decoded): string {
  return json ?? JSON.stringify(value);
}

/** Other producers count in nanoseconds, which is beyond the dates that there are: those are shown as numbers. */
function timeOf(timestamp: number): string {
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? String(timestamp) : date.toISOString();
}
