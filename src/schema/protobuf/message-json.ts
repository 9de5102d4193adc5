import protobuf, { type Field, type Message, type Type } from 'protobufjs';
import { exactInteger } from '../numbers.ts';
import { isAny, isValueInAny, typeOfUrl } from './any.ts';

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
      Object.entries(value as object).map(([name, entry]: [string, unknown]) => [name, one(field, entry)]),
    );
  return Array.isArray(value) ? value.map((item) => one(field, item)) : one(field, value);
}

function one({ resolvedType, type }: Field, value: unknown): unknown {
  if (resolvedType instanceof protobuf.Type)
    return messageJson(resolvedType, value as Readonly<Record<string, unknown>>);
  return typeof value === 'string' && type.endsWith('64') ? exactInteger(BigInt(value)) : value;
}

type Parts = Readonly<Record<string, unknown>>;
type Json = (parts: Parts) => unknown;

/** JSON of the messages that ProtoJSON has a form of their own for; undefined for any other. The way back of `well-known.ts`. */
export function wellKnownJson(fullName: string): Json | undefined {
  const name = /^\.google\.protobuf\.(\w+)$/.exec(fullName)?.[1] ?? '';
  return forms.get(name);
}

const wrapper =
  (byDefault: unknown): Json =>
  ({ value = byDefault }) =>
    value;

const wrapper64: Json = ({ value }) => exactInteger(bigOf(value));

const forms: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['DoubleValue', wrapper(0)],
  ['FloatValue', wrapper(0)],
  ['Int64Value', wrapper64],
  ['UInt64Value', wrapper64],
  ['Int32Value', wrapper(0)],
  ['UInt32Value', wrapper(0)],
  ['BoolValue', wrapper(false)],
  ['StringValue', wrapper('')],
  ['BytesValue', wrapper('')],
  ['Timestamp', timestampJson],
  ['Struct', structJson],
  ['Value', valueJson],
  ['ListValue', listJson],
]);

/** ISO 8601, to the nanosecond where there are any. Beyond the dates of JavaScript: the seconds since 1970. */
function timestampJson({ seconds, nanos }: Parts): unknown {
  const date = new Date(Number(bigOf(seconds)) * 1000);
  if (Number.isNaN(date.getTime())) return exactInteger(bigOf(seconds));
  const fraction =
    typeof nanos === 'number'
      ? String(nanos)
          .padStart(9, '0')
          .replace(/0{3,6}$/, '')
      : '000';
  return `${date.toISOString().slice(0, -4)}${fraction}Z`;
}

function structJson({ fields }: Parts): unknown {
  return Object.fromEntries(
    Object.entries(partsOf(fields)).map(([name, property]) => [name, valueJson(partsOf(property))]),
  );
}

/** Of one that holds nothing: null, as what was not said. */
function valueJson({ numberValue, stringValue, boolValue, structValue, listValue }: Parts): unknown {
  if (structValue !== undefined) return structJson(partsOf(structValue));
  if (listValue !== undefined) return listJson(partsOf(listValue));
  return numberValue ?? stringValue ?? boolValue ?? null;
}

function listJson({ values }: Parts): unknown {
  return Array.isArray(values) ? values.map((item) => valueJson(partsOf(item))) : [];
}

const bigOf = (value: unknown): bigint => (typeof value === 'string' ? BigInt(value) : 0n);

const partsOf = (value: unknown): Parts => (typeof value === 'object' && value !== null ? { ...value } : {});
