import { deadLetterHeaders } from '../vocabulary/dead-letter.ts';
import type { KafkaRecord } from '../vocabulary/record.ts';
import type { StoredRecord } from '../vocabulary/stored-record.ts';

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
}

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
    time: said.get(deadLetterHeaders.time) ?? '',
  };
}

/**
 * The record as it was when it was refused: key, value, timestamp and its own headers.
 * @returns why it cannot be sent as it was, for a record that this destination cannot have written
 */
export function originalOf({ stored, topic }: DeadLetter): KafkaRecord | string {
  const { key, value, timestamp } = stored;
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
