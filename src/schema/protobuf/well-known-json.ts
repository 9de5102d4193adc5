import { exactInteger } from '../integers.ts';

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
    Object.entries(partsOf(fields)).map(([name, own]) => [name, valueJson(partsOf(own))]),
  );
}

/** Of one that holds nothing: null, as what was not said. */
function valueJson({ numberValue, stringValue, boolValue, structValue, listValue }: Parts): unknown {
  if (structValue !== undefined) return structJson(partsOf(structValue));
  if (listValue !== undefined) return listJson(partsOf(listValue));
  return numberValue ?? stringValue ?? boolValue ?? null;
}

function listJson({ values }: Parts): unknown {
  return Array.isArray(values) ? values.map((own) => valueJson(partsOf(own))) : [];
}

const bigOf = (value: unknown): bigint => (typeof value === 'string' ? BigInt(value) : 0n);

const partsOf = (value: unknown): Parts => (typeof value === 'object' && value !== null ? { ...value } : {});
