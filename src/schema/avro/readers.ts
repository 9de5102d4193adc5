import avsc, { type Type } from 'avsc';
import { decimalText } from './decimal.ts';
import type { AvroSchema } from './schema.ts';
import type { Read, Decoder } from './decoder.ts';

/**
 * Readers for the types that avsc has parsed. They are our own since avsc refuses integers beyond 2^53, gives unions with the
 * name of the branch around the value, and believes any count that damaged bytes hold.
 */
export class Readers {
  /** Also of types under way: a record may hold itself. */
  readonly #known = new Map<Type, Read>();
  readonly #schema: Pick<AvroSchema, 'decimals'>;

  constructor(schema: Pick<AvroSchema, 'decimals'>) {
    this.#schema = schema;
  }

  of(type: Type): Read {
    const known = this.#known.get(type);
    if (known !== undefined) return known;
    this.#known.set(type, (decoder) => made(decoder));
    const made = this.#make(type);
    this.#known.set(type, made);
    return made;
  }

  #make(type: Type): Read {
    if (type instanceof avsc.types.RecordType) return this.#record(type);
    if (type instanceof avsc.types.ArrayType) {
      const read = this.of(type.itemsType);
      return (decoder) => decoder.within(() => itemsOf(decoder, read));
    }
    if (type instanceof avsc.types.MapType) {
      const read = this.of(type.valuesType as Type);
      return (decoder) =>
        decoder.within(() =>
          Object.fromEntries(itemsOf(decoder, (entry) => [text(entry), read(entry)] as const)),
        );
    }
    if (type instanceof avsc.types.WrappedUnionType) {
      const branches = type.types.map((branch) => this.of(branch));
      return (decoder) => oneOf(branches, decoder.size())(decoder);
    }
    if (type instanceof avsc.types.EnumType) return (decoder) => oneOf(type.symbols, decoder.size());
    const bytes = bytesOf(type);
    if (bytes !== undefined) {
      const decimal = this.#schema.decimals.get(type);
      return decimal === undefined
        ? (decoder) => latin1(bytes(decoder))
        : (decoder) => decimalText(bytes(decoder), decimal);
    }
    const read = simple[type.typeName];
    if (read === undefined) throw new Error(`values of type "${type.typeName}" cannot be read`);
    return read;
  }

  #record(type: avsc.types.RecordType): Read {
    const fields = type.fields.map((field) => ({ name: field.name, read: this.of(field.type) }));
    return (decoder) =>
      decoder.within(() => Object.fromEntries(fields.map(({ name, read }) => [name, read(decoder)])));
  }
}

function bytesOf(type: Type): ((decoder: Decoder) => Buffer) | undefined {
  if (type instanceof avsc.types.FixedType) return (decoder) => decoder.bytes(type.size);
  return type.typeName === 'bytes' ? (decoder) => decoder.bytes(decoder.size()) : undefined;
}

const text = (decoder: Decoder): string => decoder.bytes(decoder.size()).toString();

/** As in Avro's JSON encoding, and as the writers take it. */
const latin1 = (bytes: Buffer): string => bytes.toString('latin1');

const simple: Readonly<Record<string, Read>> = {
  null: () => null,
  boolean: (decoder) => decoder.byte() !== 0,
  int: (decoder) => decoder.integer(),
  long: (decoder) => decoder.integer(),
  float: (decoder) => decoder.float(),
  double: (decoder) => decoder.double(),
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
