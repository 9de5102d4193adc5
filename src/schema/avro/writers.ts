import avsc, { type Type } from 'avsc';
import { int32, int64, integer32, integer64 } from '../integers.ts';
import { Misfit, isObject, mustBe, within } from '../misfit.ts';
import { ownOf } from '../own.ts';
import { real, real32 } from '../real.ts';
import { bytesOfUnscaled, unscaled, type Decimal } from './decimal.ts';
import { absentWriter, defaultLong, defaultUnionWriter, type WriteAbsent } from './defaults.ts';
import type { AvroSchema } from './schema.ts';
import type { Sink, Write } from './sink.ts';
import { unionWriter } from './union.ts';

/**
 * Writers for the types that avsc has parsed. They are our own since JSON has no place for what avsc wants to be told
 * (which branch of a union is meant, integers beyond 2^53), and since a misfit must name its path.
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
    this.#known.set(type, (value, sink) => made(value, sink));
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
    return (sink) => write(value, sink);
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
  boolean(value, sink) {
    if (typeof value !== 'boolean') throw mustBe('true or false', value);
    sink.byte(value ? 1 : 0);
  },
  int: (value, sink) => sink.zigzag(integer32(value, 'an int', int32.least, int32.most)),
  long(value, sink) {
    const exact = integer64(value, 'a long', int64.least, int64.most);
    if (typeof exact === 'number') sink.zigzag(exact);
    else sink.zigzagBig(exact);
  },
  float: (value, sink) => sink.float(real32(value)),
  double: (value, sink) => sink.double(real(value)),
  string(value, sink) {
    if (typeof value !== 'string') throw mustBe('a string', value);
    sink.text(value);
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
  const properties = ownOf(fields.map(({ name }) => name));
  return (value, sink) => {
    if (!isObject(value)) throw mustBe('an object', value);
    const owned = properties(value);
    for (const { name, write, absent } of fields) {
      const own = owned[name];
      if (own === undefined && absent !== undefined) absent(sink);
      else {
        try {
          write(own, sink);
        } catch (thrown) {
          throw within(thrown, name);
        }
      }
    }
  };
}

function arrayWriter(write: Write): Write {
  return (value, sink) => {
    if (!Array.isArray(value)) throw mustBe('a list', value);
    if (value.length > 0) sink.zigzag(value.length);
    let at = 0;
    try {
      for (; at < value.length; at++) write(value[at], sink);
    } catch (thrown) {
      throw within(thrown, at);
    }
    sink.byte(0);
  };
}

function mapWriter(write: Write): Write {
  return (value, sink) => {
    if (!isObject(value)) throw mustBe('an object', value);
    const names = Object.keys(value);
    let count = names.length;
    for (const name of names) if (value[name] === undefined) count--;
    if (count > 0) sink.zigzag(count);
    for (const name of names) {
      const own = value[name];
      if (own === undefined) continue;
      sink.text(name);
      try {
        write(own, sink);
      } catch (thrown) {
        throw within(thrown, name);
      }
    }
    sink.byte(0);
  };
}

function enumWriter({ symbols }: avsc.types.EnumType): Write {
  const places = new Map<unknown, number>(symbols.map((symbol, place) => [symbol, place]));
  return (value, sink) => {
    const place = places.get(value);
    if (place === undefined) throw new Misfit(`must be one of ${symbols.join(', ')}`);
    sink.zigzag(place);
  };
}

function bytesWriter(value: unknown, sink: Sink): void {
  const bytes = bytesOf(value, 'bytes');
  sink.zigzag(bytes.length);
  sink.bytes(bytes);
}

function fixedWriter({ size }: avsc.types.FixedType): Write {
  const what = `${size} bytes`;
  return (value, sink) => {
    const bytes = bytesOf(value, what);
    if (bytes.length !== size) throw new Misfit(`must be ${what}, and is ${bytes.length}`);
    sink.bytes(bytes);
  };
}

/** Bytes are the unscaled value already. */
function decimalWriter(type: Type, decimal: Decimal): Write {
  const size = type instanceof avsc.types.FixedType ? type.size : undefined;
  const writeBytes = type instanceof avsc.types.FixedType ? fixedWriter(type) : bytesWriter;
  return (value, sink) => {
    const isBytes = value instanceof Uint8Array;
    writeBytes(isBytes ? value : bytesOfUnscaled(unscaled(value, decimal), size), sink);
  };
}

/** As in Avro's JSON encoding, text stands for the bytes of its characters. */
function bytesOf(value: unknown, what: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  // eslint-disable-next-line no-control-regex
  if (typeof value !== 'string' || !/^[\u0000-\u00ff]*$/.test(value)) throw mustBe(what, value);
  return Buffer.from(value, 'latin1');
}
