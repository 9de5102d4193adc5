import type { SchemaType } from '../vocabulary/schema.ts';
import type { Compile } from './format.ts';

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
