import type { SchemaType } from '../model/schema.ts';
import type { Compile, CompileReader } from './format.ts';
import { jsonReader } from './json-reader.ts';

/** The library of a format is loaded with its first schema, so that who writes JSON pays nothing for the others. */
export async function loadFormat(type: SchemaType): Promise<Compile> {
  switch (type) {
    case 'AVRO':
      return (await import('./avro/avro.ts')).compileAvro;
    case 'JSON':
      return (await import('./json-schema.ts')).compileJsonSchema;
    case 'PROTOBUF':
      return (await import('./protobuf/protobuf.ts')).compileProtobuf;
  }
}

/** As `loadFormat`, to read values back. */
export async function loadReader(type: SchemaType): Promise<CompileReader> {
  switch (type) {
    case 'AVRO':
      return (await import('./avro/avro.ts')).avroReader;
    case 'JSON':
      return jsonReader;
    case 'PROTOBUF':
      return (await import('./protobuf/protobuf.ts')).protobufReader;
  }
}
