import type { KafkaRecord, RecordHeaders } from '../model/record.ts';

/** What a row takes beside its texts and bytes: id, place, times, its entry in the index. */
export const rowOverhead = 64;

/** One object of headers is shared by all records of a rule, and is written as JSON once. */
const written = new WeakMap<RecordHeaders, string>();

export function headersText(headers: RecordHeaders): string {
  let text = written.get(headers);
  if (text === undefined) {
    text = JSON.stringify(headers);
    written.set(headers, text);
  }
  return text;
}

/** What a record counts against `maxBytes`. */
export function spoolBytes({ key, value, headers }: KafkaRecord): number {
  return rowOverhead + key.length + value.length + Buffer.byteLength(headersText(headers));
}
