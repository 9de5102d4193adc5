import type { Decoded } from './decode.ts';
import type { StoredRecord } from '../../model/record.ts';

/** What to show; everything given must hold. `*` stands for any text. */
export interface Wanted {
  readonly key?: string | undefined;
  /** The name of the walkerOS event, or the type of the CloudEvent. */
  readonly event?: string | undefined;
  /** `name` or `name=value`. */
  readonly headers: readonly string[];
}

/** The parts of a filter that need no decoding come first: most records are dropped by them. */
export interface Filter {
  readonly byRecord: (record: StoredRecord) => boolean;
  readonly byValue: (record: StoredRecord, decoded: Decoded) => boolean;
}

export function filterOf({ key, event, headers }: Wanted): Filter {
  const keyFits = key === undefined ? undefined : pattern(key);
  const eventFits = event === undefined ? undefined : pattern(event);
  const headerFits = headers.map(headerFilter);
  return {
    byRecord: (record) =>
      (keyFits === undefined || keyFits(record.key?.toString() ?? '')) &&
      headerFits.every((fits) => fits(record)),
    byValue: (record, { value }) => eventFits === undefined || eventFits(eventName(record, value) ?? ''),
  };
}

function headerFilter(wanted: string): (record: StoredRecord) => boolean {
  const [name = '', ...rest] = wanted.split('=');
  const fits = rest.length === 0 ? () => true : pattern(rest.join('='));
  return ({ headers }) => headers.some(([header, value]) => header === name && fits(value?.toString() ?? ''));
}

/** Of a walkerOS event, or of a CloudEvent, structured or binary. */
export function eventName({ headers }: StoredRecord, value: unknown): string | undefined {
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
  // Each part where it is found first: an expression would try all places of all parts on a long value.
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
