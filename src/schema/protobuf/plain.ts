import protobuf, { type Field, type Message, type Type } from 'protobufjs';
import { exactInteger } from '../integers.ts';
import { isAny, isValueInAny, typeOfUrl } from './any.ts';
import { wellKnownJson } from './well-known-json.ts';

/**
 * A message as JSON, by the names of its `.proto` and else by the rules of ProtoJSON, which the writers take: enums by name,
 * bytes in base64, what is absent left out. 64-bit integers are numbers up to 2^53, and beyond it text.
 */
export function plainOf(type: Type, message: Message): unknown {
  const object = type.toObject(message, { longs: String, enums: String, bytes: String, json: true });
  return messageJson(type, object);
}

function messageJson(type: Type, object: Readonly<Record<string, unknown>>): unknown {
  if (isAny(type)) return anyJson(type, object);
  const special = wellKnownJson(type.fullName);
  if (special !== undefined) return special(object);
  return Object.fromEntries(
    type.fieldsArray
      .filter(({ name }) => Object.hasOwn(object, name))
      .map((field) => [field.name, fieldJson(field, object[field.name])]),
  );
}

/** One whose type the schema knows is unpacked already, as the message that was in it. */
function anyJson(any: Type, object: Readonly<Record<string, unknown>>): unknown {
  const { '@type': url } = object;
  const type = typeof url === 'string' ? typeOfUrl(any, url) : undefined;
  if (type === undefined) return object;
  const plain = messageJson(type, object);
  return isValueInAny(type) ? { '@type': url, value: plain } : { '@type': url, ...(plain as object) };
}

function fieldJson(field: Field, value: unknown): unknown {
  if (field instanceof protobuf.MapField)
    return Object.fromEntries(
      Object.entries(value as object).map(([name, own]: [string, unknown]) => [name, one(field, own)]),
    );
  return Array.isArray(value) ? value.map((item) => one(field, item)) : one(field, value);
}

function one({ resolvedType, type }: Field, value: unknown): unknown {
  if (resolvedType instanceof protobuf.Type)
    return messageJson(resolvedType, value as Readonly<Record<string, unknown>>);
  return typeof value === 'string' && type.endsWith('64') ? exactInteger(BigInt(value)) : value;
}
