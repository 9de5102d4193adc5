import type { SchemaReference } from '../vocabulary/schema.ts';

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
