import type { StoredRecord } from '../../model/record.ts';
import type { Decoded } from './decoder.ts';

/** What nobody else can read: as text where it is one, else as base64. */
export function decodeBytes({ value }: StoredRecord): Decoded {
  if (value === null) return { format: 'null', value: null };
  const text = textOf(value);
  return text === undefined
    ? { format: 'bytes', value: value.toString('base64') }
    : { format: 'text', value: text };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Undefined for bytes that are no UTF-8. */
export function textOf(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
