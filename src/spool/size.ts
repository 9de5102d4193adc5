import type { KafkaRecord, RecordHeaders } from '../model/record.ts';

/** What a row takes beside its texts and bytes: id, place, times, its entry in the index. */
export const rowOverhead = 64;

/** One object of headers is shared by all records of a rule, and is written as JSON once. */
const written = new WeakMap<RecordHeaders, string>();

/**
 * The headers of a record as its row has them: JSON, and before it the names of what is null, for the columns of key and value
 * cannot be. To a version that does not know this the row is damaged: that one keeps it, and sends no empty value instead.
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

function jsonOf(headers: RecordHeaders): string {
  let text = written.get(headers);
  if (text === undefined) {
    text = JSON.stringify(headers);
    written.set(headers, text);
  }
  return text;
}

/** What a record counts against `maxBytes`. */
export function spoolBytes(record: KafkaRecord): number {
  const { key, value } = record;
  return rowOverhead + (key?.length ?? 0) + (value?.length ?? 0) + Buffer.byteLength(headersText(record));
}
