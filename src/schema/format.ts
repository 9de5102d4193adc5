import type { SchemaReference } from '../model/schema.ts';

/** A schema made ready to write values with. */
export interface Compiled {
  /** Its full name: of the record (Avro), the message (Protobuf), or the `title` (JSON Schema). Undefined where it has none. */
  readonly name: string | undefined;
  /**
   * A function that writes values in the registry's wire format.
   * @returns a function that throws `Misfit` for a value that does not fit
   */
  writer(schemaId: number): (value: unknown) => Buffer;
}

export interface CompileOptions {
  /** In an order in which each stands after what it builds on itself. */
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

/** Reads what stands behind the schema's id. @throws Error for bytes that do not fit the schema */
export type ReadValue = (payload: Buffer) => ReadBack;

/** @throws Error that says why the text is no schema */
export type CompileReader = (text: string, references: readonly SchemaReference[]) => ReadValue;
