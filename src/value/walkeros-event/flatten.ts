import { jsonText } from '../json-text.ts';
import { isObject } from '../misfit.ts';

/**
 * The event in the columns of the ready-made Avro and Protobuf schemas: what is free becomes maps of texts. What is no event is
 * left as it is, and then does not fit the schema.
 */
export function flattened(event: unknown): unknown {
  if (!isObject(event)) return event;
  const { data, context, globals, custom, user, source, nested, timestamp } = event;
  return {
    ...event,
    timestamp: typeof timestamp === 'number' ? Math.trunc(timestamp) : timestamp,
    data: texts(data),
    context: contexts(context),
    globals: texts(globals),
    custom: texts(custom),
    user: texts(user),
    source: texts(source),
    nested: Array.isArray(nested) ? nested.map(entity) : nested,
  };
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
    const value = properties[name];
    if (value !== undefined && value !== null) flat[name] = textOf(value);
  }
  return flat;
}

/** walkerOS orders contexts: `{ shopping: ['intent', 0] }`. */
function contexts(ordered: unknown): unknown {
  if (!isObject(ordered)) return ordered;
  const flat: Record<string, unknown> = {};
  for (const name in ordered) {
    const pair = ordered[name];
    if (pair === undefined || pair === null) continue;
    const [value, index] = Array.isArray(pair) ? (pair as unknown[]) : [];
    flat[name] = isInt32(index) ? { value: textOf(value ?? ''), index } : { value: textOf(pair) };
  }
  return flat;
}

const isInt32 = (value: unknown): boolean => typeof value === 'number' && (value | 0) === value;

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : jsonText(value);
}
