import { jsonOf, jsonText } from '../json-text.ts';
import { isObject } from '../validation-error.ts';

/**
 * The event in the columns of the ready-made Avro and Protobuf schemas: what is free becomes maps of texts. What is no event is
 * left as it is, and then does not fit the schema.
 * @param typed columns that a contract has given a type of their own: they stay as they are
 */
export function flattened(event: unknown, typed: ReadonlySet<string>): unknown {
  if (!isObject(event)) return event;
  const { context, nested } = event;
  const free = (column: string): unknown => (typed.has(column) ? event[column] : texts(event[column]));
  return {
    ...inWholeMilliseconds(event),
    data: free('data'),
    context: contexts(context),
    globals: free('globals'),
    custom: free('custom'),
    user: free('user'),
    source: free('source'),
    nested: Array.isArray(nested) ? nested.map(entity) : nested,
  };
}

/** The event with the timestamp that its record has, too: cut to whole milliseconds. */
export function inWholeMilliseconds<Event>(event: Event): Event {
  if (!isObject(event)) return event;
  const { timestamp } = event;
  if (typeof timestamp !== 'number' || Number.isInteger(timestamp)) return event;
  return { ...event, timestamp: Math.trunc(timestamp) };
}

function entity(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { entity: name, data, context, nested } = value;
  const deeper = Array.isArray(nested) && nested.length > 0 ? jsonText(nested) : undefined;
  return { entity: name, data: texts(data), context: contexts(context), nested: deeper };
}

function texts(properties: unknown): unknown {
  if (!isObject(properties)) return properties;
  const flat: Record<string, string> = {};
  for (const name in properties) {
    const text = textOf(properties[name]);
    if (text !== undefined) put(flat, name, text);
  }
  return flat;
}

/** walkerOS orders contexts: `{ shopping: ['intent', 0] }`. */
function contexts(ordered: unknown): unknown {
  if (!isObject(ordered)) return ordered;
  const flat: Record<string, unknown> = {};
  for (const name in ordered) {
    const pair = ordered[name];
    const [value, index] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (isInt32(index)) put(flat, name, { value: textOf(value) ?? '', index });
    else {
      const text = textOf(pair);
      if (text !== undefined) put(flat, name, { value: text });
    }
  }
  return flat;
}

const isInt32 = (value: unknown): boolean => typeof value === 'number' && (value | 0) === value;

/** An assignment to a property of that name would set the prototype instead. */
function put<Value>(flat: Record<string, Value>, name: string, value: Value): void {
  if (name !== '__proto__') flat[name] = value;
  else Object.defineProperty(flat, name, { value, enumerable: true, configurable: true, writable: true });
}

/** Undefined for null, and for what JSON leaves out. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === undefined || value === null) return undefined;
  const json = jsonOf(value);
  if (json === undefined || json === 'null') return undefined;
  // Such as a Date: what is text in JSON is text here, too.
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}
