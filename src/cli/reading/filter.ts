import type { Decoded } from './decode.ts';
import type { StoredRecord } from '../../model/record.ts';

/** Which records to show; everything given must hold. `*` stands for any text. */
export interface Conditions {
  /** A record without a key has none that fits. */
  readonly key?: string | undefined;
  /** The name of the walkerOS event, or the type of the CloudEvent. */
  readonly event?: string | undefined;
  /** `name` or `name=value`. */
  readonly headers: readonly string[];
}

/** `byRecord` needs no decoding and comes first: it drops most records. */
export interface Filter {
  readonly byRecord: (record: StoredRecord) => boolean;
  readonly byValue: (record: StoredRecord, decoded: Decoded) => boolean;
}

export function filterOf({ key, event, headers }: Conditions): Filter {
  const keyFits = key === undefined ? undefined : pattern(key);
  const eventFits = event === undefined ? undefined : pattern(event);
  const headerFits = headers.map(headerFilter);
  return {
    byRecord: (record) =>
      (keyFits === undefined || (record.key !== null && keyFits(record.key.toString()))) &&
      headerFits.every((fits) => fits(record)),
    byValue: (record, { value }) => eventFits === undefined || eventFits(eventName(record, value) ?? ''),
  };
}

function headerFilter(condition: string): (record: StoredRecord) => boolean {
  const [name = '', ...rest] = condition.split('=');
  const fits = rest.length === 0 ? () => true : pattern(rest.join('='));
  return ({ headers }) => headers.some(([header, value]) => header === name && fits(value?.toString() ?? ''));
}

/** The name of a walkerOS event, or the type of a CloudEvent, structured or binary. */
function eventName({ headers }: StoredRecord, value: unknown): string | undefined {
  if (typeof value === 'object' && value !== null) {
    if ('specversion' in value && 'type' in value && typeof value.type === 'string') return value.type;
    if ('name' in value && typeof value.name === 'string') return value.name;
  }
  return headers.find(([name]) => name === 'ce_type')?.[1]?.toString();
}

function pattern(text: string): (value: string) => boolean {
  if (!text.includes('*')) return (value) => value === text;
  const [first = '', ...others] = text.split('*');
  const last = others.pop() ?? '';
  // Each part at its first occurrence: a regular expression would try all combinations on a long value.
  return (value) => {
    if (!value.startsWith(first) || !value.endsWith(last)) return false;
    let end = first.length;
    for (const part of others) {
      const found = value.indexOf(part, end);
      if (found === -1) return false;
      end = found + part.length;
    }
    return end + last.length <= value.length;
  };
}
