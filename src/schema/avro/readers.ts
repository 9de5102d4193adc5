import avsc, { type Type } from 'avsc';
import { oncePerType } from '../format.ts';
import { decimalText } from './decimal.ts';
import type { AvroSchema } from './schema.ts';
import { exactInteger } from '../numbers.ts';

/**
 * A function that reads values of a type that avsc has parsed. avsc itself refuses integers beyond 2^53, puts the name of a union's
 * branch around the value, and believes any count that damaged bytes hold.
 */
export function readerOf({ type: root, decimals }: AvroSchema): Read {
  const of = oncePerType((type: Type): Read => {
    if (type instanceof avsc.types.RecordType) {
      const fields = type.fields.map((field) => [field.name, of(field.type)] as const);
      return (decoder) =>
        decoder.nested(() => Object.fromEntries(fields.map(([name, read]) => [name, read(decoder)])));
    }
    if (type instanceof avsc.types.ArrayType) {
      const read = of(type.itemsType);
      return (decoder) => decoder.nested(() => itemsOf(decoder, read));
    }
    if (type instanceof avsc.types.MapType) {
      const read = of(type.valuesType as Type);
      const readEntry = (decoder: Decoder) => [text(decoder), read(decoder)] as const;
      return (decoder) => decoder.nested(() => Object.fromEntries(itemsOf(decoder, readEntry)));
    }
    if (type instanceof avsc.types.WrappedUnionType) {
      const branches = type.types.map(of);
      return (decoder) => oneOf(branches, decoder.size())(decoder);
    }
    if (type instanceof avsc.types.EnumType) return (decoder) => oneOf(type.symbols, decoder.size());
    const bytes = bytesOf(type);
    if (bytes !== undefined) {
      const decimal = decimals.get(type);
      return decimal === undefined
        ? (decoder) => latin1(bytes(decoder))
        : (decoder) => decimalText(bytes(decoder), decimal);
    }
    const read = simple[type.typeName];
    if (read === undefined) throw new Error(`values of type "${type.typeName}" cannot be read`);
    return read;
  });
  return of(root);
}

function bytesOf(type: Type): ((decoder: Decoder) => Buffer) | undefined {
  if (type instanceof avsc.types.FixedType) return (decoder) => decoder.bytes(type.size);
  return type.typeName === 'bytes' ? (decoder) => decoder.bytes(decoder.size()) : undefined;
}

const text = (decoder: Decoder): string => decoder.bytes(decoder.size()).toString();

const integer = (decoder: Decoder): number | string => exactInteger(decoder.zigzag());

/** As in Avro's JSON encoding, and as the writers take it. */
const latin1 = (bytes: Buffer): string => bytes.toString('latin1');

const simple: Readonly<Record<string, Read>> = {
  null: () => null,
  boolean: (decoder) => decoder.bytes(1).readUInt8() !== 0,
  int: integer,
  long: integer,
  float: (decoder) => decoder.bytes(4).readFloatLE(),
  double: (decoder) => decoder.bytes(8).readDoubleLE(),
  string: text,
};

/** In blocks: a count, then as many; a negative one is followed by the block's bytes, and zero ends it. */
function itemsOf<Item>(decoder: Decoder, read: (decoder: Decoder) => Item): Item[] {
  const items: Item[] = [];
  for (;;) {
    let count = decoder.size();
    if (count === 0) return items;
    if (count < 0) {
      count = -count;
      decoder.size();
    }
    for (; count > 0; count -= 1) items.push(decoder.item(read));
  }
}

function oneOf<Choice>(choices: readonly Choice[], place: number): Choice {
  const choice = choices[place];
  if (choice === undefined) throw new Error(`it chooses number ${place} of ${choices.length}`);
  return choice;
}

/** Reads one value. @throws Error where the bytes end too early or cannot be of the type */
export type Read = (decoder: Decoder) => unknown;

/** The limit of protobufjs, too. Without one, damaged bytes of a type that holds itself overflow the stack. */
const maxDepth = 100;

/** Items of some types take no bytes (null). More of them than this in a value are taken for damage. */
const mostWithoutBytes = 1_000;

export class Decoder {
  readonly #bytes: Buffer;
  #position = 0;
  #depth = 0;
  #items = mostWithoutBytes;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#position;
  }

  /** Reads a value inside another one. */
  nested<Result>(read: (decoder: this) => Result): Result {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw new Error(`it is more than ${maxDepth} values deep`);
    const result = read(this);
    this.#depth -= 1;
    return result;
  }

  /** Reads one of many items, and limits how many of them take no bytes. */
  item<Result>(read: (decoder: this) => Result): Result {
    const { left } = this;
    const result = read(this);
    if (this.left === left && --this.#items < 0) throw new Error('it counts more items than it has bytes');
    return result;
  }

  bytes(count: number): Buffer {
    if (count < 0 || count > this.left) throw new Error('it ends too early');
    const start = this.#position;
    this.#position += count;
    return this.#bytes.subarray(start, this.#position);
  }

  /** A length, a count or a place. */
  size(): number {
    return Number(this.zigzag());
  }

  /** Avro's int and long. */
  zigzag(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes(1).readUInt8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return (value >> 1n) ^ -(value & 1n);
    }
    throw new Error('it has an integer of more than 64 bits');
  }
}
