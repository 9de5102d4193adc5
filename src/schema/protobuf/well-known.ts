import type { Writer } from 'protobufjs';
import { integer64, int64 } from '../numbers.ts';
import { mustBe, eachItem, eachProperty } from '../validation-error.ts';
import { scalars, wellFormed, type Write } from './scalars.ts';

/** The messages that ProtoJSON has a form of their own for; undefined for any other. */
export function wellKnown(fullName: string): Write | undefined {
  const name = /^\.google\.protobuf\.(\w+)$/.exec(fullName)?.[1];
  if (name === undefined) return undefined;
  const wrapped = wrappers[name];
  return wrapped === undefined ? special[name] : wrapper(wrapped);
}

const wrappers: Readonly<Record<string, string>> = {
  DoubleValue: 'double',
  FloatValue: 'float',
  Int64Value: 'int64',
  UInt64Value: 'uint64',
  Int32Value: 'int32',
  UInt32Value: 'uint32',
  BoolValue: 'bool',
  StringValue: 'string',
  BytesValue: 'bytes',
};

function wrapper(type: string): Write {
  const scalar = scalars[type];
  if (scalar === undefined) throw new Error(`no scalar ${type}`);
  return (value, writer) => {
    if (!scalar.isDefault(value)) scalar.write(value, writer.uint32(8 | scalar.wireType));
  };
}

const special: Readonly<Record<string, Write>> = {
  Timestamp: writeTimestamp,
  Struct: writeStruct,
  Value: writeValue,
  ListValue: writeList,
};

/** walkerOS counts milliseconds; ProtoJSON writes a date, with up to nine digits after its seconds. */
function writeTimestamp(value: unknown, writer: Writer): void {
  const fraction = typeof value === 'string' ? /(?<=:\d\d)\.(\d+)/.exec(value) : null;
  // Date knows three of the digits.
  const text = typeof value === 'string' ? value.replace(fraction?.[0] ?? '', '') : undefined;
  const time = text === undefined ? value : Date.parse(text);
  if (typeof time !== 'number' || !Number.isFinite(time))
    throw mustBe('milliseconds since 1970, or a date in ISO 8601', value);
  const seconds = Math.floor(time / 1000);
  const digits = fraction?.[1]?.slice(0, 9).padEnd(9, '0');
  const nanos = digits === undefined ? Math.round((time - seconds * 1000) * 1e6) : Number(digits);
  if (seconds !== 0) writer.uint32(8).int64(Number(integer64(seconds, 'a time', int64.least, int64.most)));
  if (nanos !== 0) writer.uint32(16).int32(nanos);
}

/** map<string, Value> fields = 1 */
function writeStruct(value: unknown, writer: Writer): void {
  eachProperty(value, writeEntry, writer);
}

function writeEntry(property: unknown, writer: Writer, name: string): void {
  writer.uint32(10).fork().uint32(10).string(wellFormed(name)).uint32(18);
  writeValue(property, writer.fork());
  writer.ldelim().ldelim();
}

/** oneof: null_value = 1, number_value = 2, string_value = 3, bool_value = 4, struct_value = 5, list_value = 6 */
function writeValue(value: unknown, writer: Writer): void {
  if (value === null || value === undefined) writer.uint32(8).int32(0);
  else if (typeof value === 'number' || typeof value === 'bigint') writer.uint32(17).double(Number(value));
  else if (typeof value === 'string') writer.uint32(26).string(wellFormed(value));
  else if (typeof value === 'boolean') writer.uint32(32).bool(value);
  else if (Array.isArray(value)) {
    writeList(value, writer.uint32(50).fork());
    writer.ldelim();
  } else {
    writeStruct(value, writer.uint32(42).fork());
    writer.ldelim();
  }
}

/** repeated Value values = 1 */
function writeList(value: unknown, writer: Writer): void {
  eachItem(value, writeItem, writer);
}

function writeItem(item: unknown, writer: Writer): void {
  writeValue(item, writer.uint32(10).fork());
  writer.ldelim();
}
