import { zstdDecompressSync } from 'node:zlib';
import { deadLetterHeaders, zstdEncoding, type KafkaRecord, type StoredRecord } from '../../model/record.ts';
import { reasonOf } from '../../model/errors.ts';

/** A record of the dead-letter topic, and what its headers say. */
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
  /** How its value is compressed; undefined if it is not. */
  readonly encoding: string | undefined;
}

/** Which dead letters are meant; everything given must hold. */
export interface DeadLetterFilter {
  readonly topic?: string | undefined;
  readonly code?: string | undefined;
  readonly key?: string | undefined;
  /** Refused at this time or later, in ms since the epoch. */
  readonly since?: number | undefined;
}

/** Usual limits of Kafka are a hundredth of this: a forged dead letter gets no more memory. */
const largestValue = 128 * 1024 * 1024;
/** The latest that JavaScript has. */
const latestDate = 8.64e15;

const ours: ReadonlySet<string> = new Set(Object.values(deadLetterHeaders));

/** @returns undefined for a record that another program wrote into the topic */
export function deadLetterOf(stored: StoredRecord): DeadLetter | undefined {
  const headers = new Map(stored.headers.map(([name, value]) => [name, value?.toString() ?? '']));
  const topic = headers.get(deadLetterHeaders.topic);
  if (topic === undefined) return undefined;
  return {
    stored,
    topic,
    code: headers.get(deadLetterHeaders.code) ?? '',
    message: headers.get(deadLetterHeaders.message) ?? '',
    attempts: Number(headers.get(deadLetterHeaders.attempts) ?? 0),
    time: headers.get(deadLetterHeaders.time) ?? writtenAt(stored),
    timestamp: timestampOf(headers.get(deadLetterHeaders.timestamp)) ?? stored.timestamp,
    encoding: headers.get(deadLetterHeaders.encoding),
  };
}

export function matches({ topic, code, key, since }: DeadLetterFilter, deadLetter: DeadLetter): boolean {
  return (
    (topic === undefined || topic === deadLetter.topic) &&
    (code === undefined || code === deadLetter.code) &&
    (key === undefined || key === deadLetter.stored.key?.toString()) &&
    (since === undefined || Date.parse(deadLetter.time) >= since)
  );
}

/** Other producers count in nanoseconds, which is beyond the dates that there are. */
function writtenAt({ timestamp }: StoredRecord): string {
  return timestamp >= 0 && timestamp <= latestDate ? new Date(timestamp).toISOString() : '';
}

/** @returns undefined for dead letters of earlier versions, which had the record's own time */
function timestampOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  return Number(text) <= latestDate ? Number(text) : undefined;
}

/**
 * The value of the refused record.
 * @returns a sentence that says why a compressed value cannot be read
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

/** @returns a sentence for a letter whose record was never complete: its key, headers or topic are not known */
export function unfinished({ code }: DeadLetter): string | undefined {
  return code === 'MAPPING_FAILED'
    ? 'the mapping values of its key, headers and topic gave nothing: send its event again'
    : undefined;
}

/**
 * The record as it was when it was refused: key, value, timestamp and its own headers.
 * @returns a sentence that says why it cannot be sent as it was: this destination cannot have written it
 */
export function originalOf(deadLetter: DeadLetter): KafkaRecord | string {
  const { stored, topic, timestamp } = deadLetter;
  const { key } = stored;
  const value = valueOf(deadLetter);
  if (typeof value === 'string') return value;
  const headers: Record<string, string | Buffer> = {};
  for (const [name, bytes] of stored.headers) {
    if (ours.has(name)) continue;
    if (bytes === null) return `its header "${name}" is null`;
    if (Object.hasOwn(headers, name)) return `it has the header "${name}" twice`;
    const text = bytes.toString();
    headers[name] = Buffer.from(text).equals(bytes) ? text : bytes;
  }
  return { topic, key, value, headers, timestamp };
}
