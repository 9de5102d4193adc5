import type { Field, Type, Writer } from 'protobufjs';
import { integer64, int64 } from '../numbers.ts';
import { mustBe } from '../validation-error.ts';
import type { Write } from './scalars.ts';

type WriterOfField = (field: Field) => Write;

/** The messages that ProtoJSON has a form of their own for; undefined for any other. */
export function wellKnown(fullName: string): ((type: Type, of: WriterOfField) => Write) | undefined {
  const name = /^\.google\.protobuf\.(\w+)$/.exec(fullName)?.[1] ?? '';
  if (name === 'Timestamp') return () => writeTimestamp;
  if (name === 'Value') return valueWriter;
  return wrappers.has(name) ? (type, of) => memberWriter(type, of, 1) : undefined;
}

/** Their JSON is that of their only field. */
const wrappers: ReadonlySet<string> = new Set([
  'DoubleValue',
  'FloatValue',
  'Int64Value',
  'UInt64Value',
  'Int32Value',
  'UInt32Value',
  'BoolValue',
  'StringValue',
  'BytesValue',
  'Struct',
  'ListValue',
]);

/** Of one of its fields, by number: a vendored copy may declare them in another order, or lack one. */
function memberWriter({ fieldsById, fullName }: Type, of: WriterOfField, number: number): Write {
  const field = fieldsById[number];
  if (field === undefined) throw new Error(`its message "${fullName}" has no field ${number}`);
  return of(field);
}

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

/** A oneof of null_value, number_value, string_value, bool_value, struct_value and list_value. */
function valueWriter(type: Type, of: WriterOfField): Write {
  const member = (number: number): Write => memberWriter(type, of, number);
  const [ofNull, ofNumber, ofText] = [member(1), member(2), member(3)];
  const [ofBoolean, ofStruct, ofList] = [member(4), member(5), member(6)];
  return (value, writer) => {
    if (value === null || value === undefined) ofNull(0, writer);
    else if (typeof value === 'number' || typeof value === 'bigint') ofNumber(value, writer);
    else if (typeof value === 'string') ofText(value, writer);
    else if (typeof value === 'boolean') ofBoolean(value, writer);
    else if (Array.isArray(value)) ofList(value, writer);
    else ofStruct(value, writer);
  };
}
