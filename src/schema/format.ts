import type { SchemaReference } from '../model/schema.ts';

export interface Compiled {
  /** Its full name: of the record (Avro), the message (Protobuf), or the `title` (JSON Schema). Undefined where it has none. */
  readonly name: string | undefined;
  /** Of a record or message: the names of its fields that are no maps of texts. */
  readonly typedFields?: ReadonlySet<string>;
  /** Protobuf: where the message stands in its file, outermost first. */
  readonly indexes?: readonly number[];
  /**
   * A function that writes values in the registry's wire format, or without the id of the schema as the bare values.
   * @returns a function that throws `ValidationError` for a value that does not fit
   */
  writer(schemaId: number | undefined): (value: unknown) => Buffer;
}

export interface CompileOptions {
  /** Each stands after the references that it builds on itself. */
  readonly references?: readonly SchemaReference[];
  /** Protobuf: the message to write, by its name in the package. Default: the first. */
  readonly message?: string | undefined;
}

/** @throws Error that says why the text is no schema */
export type Compile = (text: string, options?: CompileOptions) => Compiled;

export interface ReadBack {
  /** As JSON has it; a 64-bit integer is a number up to 2^53, and beyond it decimal text. */
  readonly value: unknown;
  readonly message?: string;
  /** The value's JSON, where that is what was written: its numbers may have more digits than `value` can hold. */
  readonly json?: string;
}

/** Reads the bytes behind the schema's id: for Protobuf the indexes of the message, then the value. @throws Error for bytes that do not fit the schema */
export type ReadValue = (payload: Buffer) => ReadBack;

/** @throws Error that says why the text is no schema */
export type CompileReader = (text: string, references: readonly SchemaReference[]) => ReadValue;

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
