import type { SchemaType, Schema } from '../model/schema.ts';
import type { Compile, CompileReader } from './format.ts';
import { KafkaError, reasonOf } from '../model/errors.ts';

/** Loads the library of a format with its first schema: a flow that writes JSON pays nothing for it. */
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

/** A value of a JSON Schema is JSON, which can be read without the schema. */
export const jsonReader: CompileReader = () => (payload) => {
  const json = payload.toString();
  return { value: JSON.parse(json) as unknown, json };
};

/** @throws KafkaError SCHEMA_INVALID where no value could be written with it */
export async function checkSchema({ schemaType, schema }: Schema): Promise<void> {
  const compile = await loadFormat(schemaType);
  try {
    compile(schema);
  } catch (thrown) {
    throw new KafkaError(
      'SCHEMA_INVALID',
      `The schema is not valid as ${schemaType}: ${reasonOf(thrown)}. Correct the schema, or its schemaType.`,
      { cause: thrown },
    );
  }
}
