import { zstdDecompressSync } from 'node:zlib';
import { deadLetterHeaders, zstdEncoding, type KafkaRecord, type StoredRecord } from '../../model/record.ts';
import { reasonOf } from '../../model/errors.ts';

/** A record of the dead-letter topic, and what its headers tell. */
export interface DeadLetter {
  readonly stored: StoredRecord;
  /** The topic that refused it. */
  readonly topic: string;
  /** Kafka's name of the refusal, or ours. */
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  /** When it was refused, ISO 8601. */
  readonly time: string;
  /** The refused record's own, in milliseconds since the epoch. */
  readonly timestamp: number;
  /** How its value is compressed; undefined where it stands as it was. */
  readonly encoding: string | undefined;
}

/** Kafka's own largest batch is 2 GiB, and usual limits are a hundredth of this: whoever forges a letter gets no more memory. */
const largestValue = 128 * 1024 * 1024;
/** The last that JavaScript knows. */
const latestDate = 8.64e15;

const ours: ReadonlySet<string> = new Set(Object.values(deadLetterHeaders));

/** Undefined for a record that somebody else wrote into the topic. */
export function letterOf(stored: StoredRecord): DeadLetter | undefined {
  const said = new Map(stored.headers.map(([name, value]) => [name, value?.toString() ?? '']));
  const topic = said.get(deadLetterHeaders.topic);
  if (topic === undefined) return undefined;
  return {
    stored,
    topic,
    code: said.get(deadLetterHeaders.code) ?? '',
    message: said.get(deadLetterHeaders.message) ?? '',
    attempts: Number(said.get(deadLetterHeaders.attempts) ?? 0),
    time: said.get(deadLetterHeaders.time) ?? writtenAt(stored),
    timestamp: timestampOf(said.get(deadLetterHeaders.timestamp)) ?? stored.timestamp,
    encoding: said.get(deadLetterHeaders.encoding),
  };
}

/** Others count in nanoseconds, which is beyond the dates there are. */
function writtenAt({ timestamp }: StoredRecord): string {
  return timestamp >= 0 && timestamp <= latestDate ? new Date(timestamp).toISOString() : '';
}

/** Undefined for letters of earlier versions, which had the record's own time. */
function timestampOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  return Number(text) <= latestDate ? Number(text) : undefined;
}

/**
 * The value of the refused record.
 * @returns why it cannot be read, where it is compressed and cannot be
 */
export function valueOf({ stored: { value }, encoding }: DeadLetter): Buffer | null | string {
  if (value === null || encoding === undefined) return value;
  if (encoding !== zstdEncoding) return `its value has an unknown encoding, "${encoding}"`;
  try {
    return zstdDecompressSync(value, { maxOutputLength: largestValue });
  } catch (thrown) {
    return `its value cannot be decompressed (${reasonOf(thrown)})`;
  }
}

/**
 * The record as it was when it was refused: key, value, timestamp and its own headers.
 * @returns why it cannot be sent as it was, for a record that this destination cannot have written
 */
export function originalOf(letter: DeadLetter): KafkaRecord | string {
  const { stored, topic, timestamp } = letter;
  const { key } = stored;
  const value = valueOf(letter);
  if (typeof value === 'string') return value;
  if (key === null || value === null) return `it has no ${key === null ? 'key' : 'value'}`;
  const own = stored.headers.filter(([name]) => !ours.has(name));
  const headers: Record<string, string> = {};
  for (const [name, bytes] of own) {
    const text = bytes?.toString();
    if (bytes === null || text === undefined || !Buffer.from(text).equals(bytes))
      return `its header "${name}" is no text`;
    if (Object.hasOwn(headers, name)) return `it has the header "${name}" twice`;
    headers[name] = text;
  }
  return { topic, key, value, headers, timestamp };
}
