import { isNamed, propertyOf } from '../../model/foreign.ts';
import type { KafkaRecord, RecordHeaders } from '../../model/record.ts';

/** What `PRAGMA user_version` says of a file of this format. */
export const schemaVersion = 1;

/** What `PRAGMA application_id` says of it: "wksp". */
export const applicationId = 0x77_6b_73_70;

/** Ids that JavaScript counts exactly; new ones have room above. */
export const highestId = 2 ** 52;
/** What a JavaScript date can be, in milliseconds. */
export const latestTime = 8.64e15;

/**
 * One row for each partition with a batch in doubt. `ids` are the ids of its records in their order, as text: the first, and then
 * the difference to the one before. `checksum` is one of their times and lengths. A version that does not know the table ignores
 * it, and sends the records under a sequence of its own.
 */
export const inDoubtTable = `
  CREATE TABLE IF NOT EXISTS in_doubt (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    producer_id INTEGER NOT NULL,
    producer_epoch INTEGER NOT NULL,
    first_sequence INTEGER NOT NULL,
    noted_at INTEGER NOT NULL,
    ids TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
  ) STRICT;
`;

export const indexOfPlaces = 'CREATE INDEX place ON records (topic, partition)';

/** Times in milliseconds since the epoch; headers are JSON (`headersText`); `refused` is why the broker will not have the record. */
export const schema = `
  CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    topic INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    refused TEXT,
    kept_at INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    key BLOB NOT NULL,
    headers TEXT NOT NULL,
    value BLOB NOT NULL
  ) STRICT;
  ${indexOfPlaces};
  ${inDoubtTable}
`;

/** What a row takes beside its texts and bytes: id, place, times, its entry in the index. */
const rowOverhead = 64;
/** Bytes as `spoolBytes` counts them. */
export const sizeInSql = `length(key) + length(value) + octet_length(headers) + ${rowOverhead}`;

/** A time that a damaged row has is none that JavaScript can name. */
export const timeInSql = (column: string): string => `max(0, min(${column}, ${latestTime}))`;

/** One object of headers is shared by all records of a rule, and is written as JSON once. */
const written = new WeakMap<RecordHeaders, string>();

/**
 * The headers of a record as its row has them: JSON, bytes as `{ "base64": "…" }`, and before it the names of what is null, for
 * the columns of key and value cannot be. To a version that does not know this the row is damaged: that one keeps it, and sends
 * no empty value instead.
 */
export function headersText({ key, value, headers }: KafkaRecord): string {
  const json = jsonOf(headers);
  return key === null || value === null
    ? `${key === null ? 'key ' : ''}${value === null ? 'value ' : ''}${json}`
    : json;
}

/** What `headersText` says. */
export function partsOfHeaders(text: string): { json: string; keyIsNull: boolean; valueIsNull: boolean } {
  const [names = '', key, value] = /^(key )?(value )?/.exec(text) ?? [];
  return { json: text.slice(names.length), keyIsNull: key !== undefined, valueIsNull: value !== undefined };
}

/** The headers of `partsOfHeaders`. @throws where these are none */
export function parsedHeaders(text: string): RecordHeaders {
  let headers: unknown;
  try {
    headers = JSON.parse(text);
  } catch {
    // JSON.parse quotes what it could not read.
    throw new Error('its headers are no JSON');
  }
  if (!isNamed(headers)) throw new Error('its headers are no texts by name');
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, headerOf(value)]));
}

/** As `headersText` writes it. @throws where it did not */
function headerOf(value: unknown): string | Buffer {
  if (typeof value === 'string') return value;
  const base64 = propertyOf(value, 'base64');
  if (typeof base64 !== 'string') throw new Error('its headers are no texts by name');
  return Buffer.from(base64, 'base64');
}

function jsonOf(headers: RecordHeaders): string {
  let text = written.get(headers);
  if (text === undefined) {
    const values = Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : { base64: value.toString('base64') },
    ]);
    text = JSON.stringify(Object.fromEntries(values));
    written.set(headers, text);
  }
  return text;
}

/** What a record counts against `maxBytes`. */
export function spoolBytes(record: KafkaRecord): number {
  const { key, value } = record;
  return rowOverhead + (key?.length ?? 0) + (value?.length ?? 0) + Buffer.byteLength(headersText(record));
}
