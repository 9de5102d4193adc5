import avsc, { type Type } from 'avsc';
import { int32, int64, integer32, integer64, real, real32 } from '../numbers.ts';
import { ValidationError, errorAt, mustBe, isObject, ownProperties } from '../validation-error.ts';
import { bytesOfUnscaled, unscaled, type Decimal } from './decimal.ts';
import type { AvroSchema } from './schema.ts';
import { Encoder, type Write } from './encoder.ts';
import { unionWriter } from './union.ts';

/**
 * Writers for the types that avsc has parsed. They are our own since JSON has no place for what avsc wants to be told
 * (which branch of a union is meant, integers beyond 2^53), and since an error must name its path.
 */
export class Writers {
  /** Also of types under way: a record may hold itself. */
  readonly #known = new Map<Type, Write>();
  readonly #schema: Pick<AvroSchema, 'defaults' | 'decimals'>;
  /** Undefined: this one is for them. */
  readonly #forDefaults: Writers | undefined;

  /** @param forDefaults for what a schema has as defaults: in unions and for decimals other rules hold than for values */
  constructor(schema: Pick<AvroSchema, 'defaults' | 'decimals'>, forDefaults = false) {
    this.#schema = schema;
    this.#forDefaults = forDefaults ? undefined : new Writers(schema, true);
  }

  of(type: Type): Write {
    const known = this.#known.get(type);
    if (known !== undefined) return known;
    this.#known.set(type, (value, encoder) => made(value, encoder));
    const made = this.#make(type);
    this.#known.set(type, made);
    return made;
  }

  #make(type: Type): Write {
    const decimal = this.#forDefaults && this.#schema.decimals.get(type);
    if (decimal !== undefined) return decimalWriter(type, decimal);
    if (type instanceof avsc.types.RecordType) return this.#record(type);
    if (type instanceof avsc.types.ArrayType) return arrayWriter(this.of(type.itemsType));
    if (type instanceof avsc.types.MapType) return mapWriter(this.of(type.valuesType as Type));
    if (type instanceof avsc.types.WrappedUnionType) return this.#union(type);
    if (type instanceof avsc.types.EnumType) return enumWriter(type);
    if (type instanceof avsc.types.FixedType) return fixedWriter(type);
    const write = simple[type.typeName];
    if (write === undefined) throw new Error(`values of type "${type.typeName}" cannot be written`);
    if (this.#forDefaults === undefined && type.typeName === 'long') return defaultLong(write);
    return write;
  }

  #record(type: avsc.types.RecordType): Write {
    return recordWriter(
      type.fields.map((field) => ({
        name: field.name,
        write: this.of(field.type),
        absent: this.#absent(type, field),
      })),
    );
  }

  #absent(record: Type, { name, type }: avsc.types.Field): WriteAbsent | undefined {
    const defaults = this.#schema.defaults.get(record);
    if (defaults?.has(name) !== true) return undefined;
    const value = defaults.get(name);
    if (this.#forDefaults !== undefined) return absentWriter(this.#forDefaults.of(type), value, name);
    const write = this.of(type);
    return (encoder) => write(value, encoder);
  }

  #union({ types }: avsc.types.WrappedUnionType): Write {
    if (this.#forDefaults === undefined) return defaultUnionWriter(types.map((type) => this.of(type)));
    return unionWriter(
      types.map((type) => ({
        type,
        kind: this.#schema.decimals.has(type) ? 'decimal' : type.typeName,
        write: this.of(type),
      })),
    );
  }
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
  /** Of one with a default. */
  readonly absent: WriteAbsent | undefined;
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
    if (!Array.isArray(value)) throw mustBe('a list', value);
    if (value.length > 0) encoder.zigzag(value.length);
    let place = 0;
    try {
      for (; place < value.length; place++) write(value[place], encoder);
    } catch (thrown) {
      throw errorAt(thrown, place);
    }
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

/** Writes what stands for an absent field. */
export type WriteAbsent = (encoder: Encoder) => void;

/**
 * A default's bytes, made once.
 * @param field for the message
 * @throws Error where the default is none of its type
 */
export function absentWriter(write: Write, value: unknown, field: string): WriteAbsent {
  const encoder = new Encoder();
  try {
    write(value, encoder);
  } catch (thrown) {
    throw new Error(`the default of its field "${field}" does not fit: ${faultOf(thrown)}`, {
      cause: thrown,
    });
  }
  const bytes = encoder.take();
  return (target) => target.bytes(bytes);
}

function faultOf(thrown: unknown): string {
  if (thrown instanceof ValidationError) return `${thrown.path} ${thrown.reason}`.trim();
  return thrown instanceof RangeError ? 'it holds itself' : String(thrown);
}

/** Text stands for a long in values only. */
export const defaultLong =
  (write: Write): Write =>
  (value, encoder) => {
    if (typeof value === 'string') throw mustBe('a long', value);
    write(value, encoder);
  };

/** A default is of the first branch that it fits, so says the specification; of the very first, said the older one. */
export function defaultUnionWriter(branches: readonly Write[]): Write {
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
