import avsc, { type Type } from 'avsc';
import { oncePerType } from '../format.ts';
import { int32, int64, integer32, integer64, real, real32 } from '../numbers.ts';
import { ValidationError, eachItem, errorAt, mustBe, isObject, ownProperties } from '../validation-error.ts';
import { bytesOfUnscaled, unscaled, type Decimal } from './decimal.ts';
import type { AvroSchema } from './schema.ts';
import { Encoder, type Write } from './encoder.ts';
import { unionWriter } from './union.ts';

/**
 * A function that writes values of a type that avsc has parsed. avsc itself must be told what JSON has no place for (which branch of a
 * union is meant), and takes longer (docs/decisions/0004-value-formats.md).
 */
export function writerOf({ type, defaults, decimals }: AvroSchema): Write {
  const ofDefault = oncePerType((type: Type): Write => {
    if (type instanceof avsc.types.RecordType) return recordOf(type, ofDefault, ofDefault);
    if (type instanceof avsc.types.WrappedUnionType) return defaultUnionWriter(type.types.map(ofDefault));
    const write = writerOfKind(type, ofDefault);
    return type.typeName === 'long' ? notAsText(write) : write;
  });
  const of = oncePerType((type: Type): Write => {
    const decimal = decimals.get(type);
    if (decimal !== undefined) return decimalWriter(type, decimal);
    if (type instanceof avsc.types.RecordType) return recordOf(type, of, ofDefault);
    if (!(type instanceof avsc.types.WrappedUnionType)) return writerOfKind(type, of);
    return unionWriter(
      type.types.map((branch) => ({
        type: branch,
        kind: decimals.has(branch) ? 'decimal' : branch.typeName,
        write: of(branch),
      })),
    );
  });

  /** @param writerOfDefault in unions and for decimals other rules hold for defaults than for values */
  function recordOf(record: avsc.types.RecordType, writerOf: typeof of, writerOfDefault: typeof of): Write {
    const ofRecord = defaults.get(record);
    return recordWriter(
      record.fields.map(({ name, type }) => {
        const write = writerOf(type);
        if (ofRecord?.has(name) !== true) return { name, write, absent: undefined };
        const value = ofRecord.get(name);
        if (writerOf !== writerOfDefault)
          return { name, write, absent: absentWriter(writerOfDefault(type), value, name) };
        return { name, write, absent: (encoder: Encoder) => write(value, encoder) };
      }),
    );
  }
  return of(type);
}

/** Of any type but records and unions. */
function writerOfKind(type: Type, of: (type: Type) => Write): Write {
  if (type instanceof avsc.types.ArrayType) return arrayWriter(of(type.itemsType));
  if (type instanceof avsc.types.MapType) return mapWriter(of(type.valuesType as Type));
  if (type instanceof avsc.types.EnumType) return enumWriter(type);
  if (type instanceof avsc.types.FixedType) return fixedWriter(type);
  const write = simple[type.typeName];
  if (write === undefined) throw new Error(`values of type "${type.typeName}" cannot be written`);
  return write;
}

const simple: Readonly<Record<string, Write>> = {
  null(value) {
    if (value !== null && value !== undefined) throw mustBe('null', value);
  },
  boolean(value, encoder) {
    if (typeof value !== 'boolean') throw mustBe('true or false', value);
    encoder.byte(value ? 1 : 0);
  },
  int: (value, encoder) => encoder.zigzag(integer32(value, 'an int', int32.least, int32.most)),
  long(value, encoder) {
    const exact = integer64(value, 'a long', int64.least, int64.most);
    if (typeof exact === 'number') encoder.zigzag(exact);
    else encoder.zigzagBig(exact);
  },
  float: (value, encoder) => encoder.float(real32(value)),
  double: (value, encoder) => encoder.double(real(value)),
  string(value, encoder) {
    if (typeof value !== 'string') throw mustBe('a string', value);
    encoder.text(value);
  },
  bytes: bytesWriter,
};

interface FieldWriter {
  readonly name: string;
  readonly write: Write;
  /** Writes the default, where there is one. */
  readonly absent: ((encoder: Encoder) => void) | undefined;
}

/** Fields in their order; what the schema does not know is left out, as every writer of Avro does. */
function recordWriter(fields: readonly FieldWriter[]): Write {
  const properties = ownProperties(fields.map(({ name }) => name));
  return (value, encoder) => {
    if (!isObject(value)) throw mustBe('an object', value);
    const own = properties(value);
    for (const { name, write, absent } of fields) {
      const property = own[name];
      if (property === undefined && absent !== undefined) absent(encoder);
      else {
        try {
          write(property, encoder);
        } catch (thrown) {
          throw errorAt(thrown, name);
        }
      }
    }
  };
}

function arrayWriter(write: Write): Write {
  return (value, encoder) => {
    if (Array.isArray(value) && value.length > 0) encoder.zigzag(value.length);
    eachItem(value, write, encoder);
    encoder.byte(0);
  };
}

function mapWriter(write: Write): Write {
  return (value, encoder) => {
    if (!isObject(value)) throw mustBe('an object', value);
    const names = Object.keys(value);
    let count = names.length;
    for (const name of names) if (value[name] === undefined) count--;
    if (count > 0) encoder.zigzag(count);
    for (const name of names) {
      const entry = value[name];
      if (entry === undefined) continue;
      encoder.text(name);
      try {
        write(entry, encoder);
      } catch (thrown) {
        throw errorAt(thrown, name);
      }
    }
    encoder.byte(0);
  };
}

function enumWriter({ symbols }: avsc.types.EnumType): Write {
  const places = new Map<unknown, number>(symbols.map((symbol, place) => [symbol, place]));
  return (value, encoder) => {
    const place = places.get(value);
    if (place === undefined) throw new ValidationError(`must be one of ${symbols.join(', ')}`);
    encoder.zigzag(place);
  };
}

function bytesWriter(value: unknown, encoder: Encoder): void {
  const bytes = bytesOf(value, 'bytes');
  encoder.zigzag(bytes.length);
  encoder.bytes(bytes);
}

function fixedWriter({ size }: avsc.types.FixedType): Write {
  const what = `${size} bytes`;
  return (value, encoder) => {
    const bytes = bytesOf(value, what);
    if (bytes.length !== size) throw new ValidationError(`must be ${what}, and is ${bytes.length}`);
    encoder.bytes(bytes);
  };
}

/** Bytes are the unscaled value already. */
function decimalWriter(type: Type, decimal: Decimal): Write {
  const size = type instanceof avsc.types.FixedType ? type.size : undefined;
  const writeBytes = type instanceof avsc.types.FixedType ? fixedWriter(type) : bytesWriter;
  return (value, encoder) => {
    const isBytes = value instanceof Uint8Array;
    writeBytes(isBytes ? value : bytesOfUnscaled(unscaled(value, decimal), size), encoder);
  };
}

/** As in Avro's JSON encoding, text stands for the bytes of its characters. */
function bytesOf(value: unknown, what: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  // eslint-disable-next-line no-control-regex
  if (typeof value !== 'string' || !/^[\u0000-\u00ff]*$/.test(value)) throw mustBe(what, value);
  return Buffer.from(value, 'latin1');
}

/**
 * A default's bytes, made once.
 * @param field for the message
 * @throws Error where the default is none of its type
 */
function absentWriter(write: Write, value: unknown, field: string): (encoder: Encoder) => void {
  const encoder = new Encoder();
  try {
    write(value, encoder);
  } catch (thrown) {
    const fault =
      thrown instanceof ValidationError
        ? `${thrown.path} ${thrown.reason}`.trim()
        : thrown instanceof RangeError
          ? 'it holds itself'
          : String(thrown);
    throw new Error(`the default of its field "${field}" does not fit: ${fault}`, { cause: thrown });
  }
  const bytes = encoder.take();
  return (target) => target.bytes(bytes);
}

/** In values only text may stand for a long. */
function notAsText(write: Write): Write {
  return (value, encoder) => {
    if (typeof value === 'string') throw mustBe('a long', value);
    write(value, encoder);
  };
}

/** A default is of the first branch that it fits, so says the specification; of the very first, said the older one. */
function defaultUnionWriter(branches: readonly Write[]): Write {
  return (value, encoder) => {
    const start = encoder.position;
    for (const [place, write] of branches.entries()) {
      try {
        encoder.zigzag(place);
        return write(value, encoder);
      } catch (thrown) {
        if (!(thrown instanceof ValidationError)) throw thrown;
        encoder.position = start;
      }
    }
    throw mustBe('of a branch of its union', value);
  };
}
