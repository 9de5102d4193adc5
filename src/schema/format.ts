import type { SchemaReference } from '../model/schema.ts';

/** A compiled schema, which makes writers of values. */
export interface Compiled {
  /** Its full name: of the record (Avro), the message (Protobuf), or the `title` (JSON Schema). Undefined where it has none. */
  readonly name: string | undefined;
  /** Of a record or message: the names of its fields that are no maps of texts. */
  readonly typedFields?: ReadonlySet<string>;
  /**
   * A function that writes values in the registry's wire format.
   * @returns a function that throws `ValidationError` for a value that does not fit
   */
  writer(schemaId: number): (value: unknown) => Buffer;
}

export interface CompileOptions {
  /** Each stands after the references that it builds on itself. */
  readonly references?: readonly SchemaReference[];
  /** Protobuf: the message to write, by its name in the package. Default: the first. */
  readonly message?: string | undefined;
}

/** @throws Error that says why the text is no schema */
export type Compile = (text: string, options?: CompileOptions) => Compiled;

/** A value read back. */
export interface ReadBack {
  /** As JSON has it; a 64-bit integer is a number up to 2^53, and beyond it decimal text. */
  readonly value: unknown;
  /** Protobuf: the message, as its file names it. */
  readonly message?: string;
  /** The value's JSON, where that is what was written: its numbers may have more digits than `value` can hold. */
  readonly json?: string;
}

/** Reads the bytes behind the schema's id. @throws Error for bytes that do not fit the schema */
export type ReadValue = (payload: Buffer) => ReadBack;

/** @throws Error that says why the text is no schema */
export type CompileReader = (text: string, references: readonly SchemaReference[]) => ReadValue;

/**
 * The bytes in front of a value in the registry's wire format: a zero, then the schema's id in four bytes, big-endian.
 * https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
 */
export function framing(schemaId: number, messageIndexes?: readonly number[]): Buffer {
  const frame = Buffer.alloc(5);
  frame.writeInt32BE(schemaId, 1);
  return messageIndexes === undefined ? frame : Buffer.concat([frame, indexBytes(messageIndexes)]);
}

/** Where a message stands in its file, outermost first: the count, then each. The first message of all is a single zero. */
function indexBytes(indexes: readonly number[]): Buffer {
  if (indexes.length === 1 && indexes[0] === 0) return Buffer.of(0);
  return Buffer.from([indexes.length, ...indexes].flatMap(zigzagVarint));
}

function zigzagVarint(index: number): number[] {
  const bytes: number[] = [];
  let rest = index * 2;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return [...bytes, rest];
}

/**
 * Makes one function for each type of a schema. A type may hold itself: while its function is being made, a stand-in that calls it
 * is returned.
 */
export function oncePerType<Type, Args extends unknown[], Result>(
  make: (type: Type) => (...args: Args) => Result,
): (type: Type) => (...args: Args) => Result {
  const known = new Map<Type, (...args: Args) => Result>();
  return (type) => {
    const found = known.get(type);
    if (found !== undefined) return found;
    known.set(type, (...args) => made(...args));
    const made = make(type);
    known.set(type, made);
    return made;
  };
}
