import type { StoredRecord } from '../../model/record.ts';
import type { Decoded } from './decoder.ts';

/** JSON begins with one of these: `{ [ "`, a digit, `-`, `t`rue, `f`alse, `n`ull, or white space. */
const firsts = new Set(Buffer.from('{["-0123456789tfn \t\r\n'));

/** JSON, whatever the headers say: all of what is written by default, structured CloudEvents, and most of what others write. */
export function decodeJson({ value }: StoredRecord): Decoded | undefined {
  const first = value?.[0];
  if (value === null || first === undefined || !firsts.has(first)) return undefined;
  const json = value.toString();
  try {
    return { format: 'json', value: JSON.parse(json) as unknown, json: onOneLine(json) };
  } catch {
    return undefined;
  }
}

/** Of valid JSON, whose strings hold no line break: so one is always between them. */
export function onOneLine(json: string): string {
  return json.trim().replace(/[\t\r\n][ \t\r\n]*/g, '');
}
