import { KafkaError, reasonOf } from '../model/errors.ts';
import type { Schema } from '../model/schema.ts';
import { loadFormat } from './load.ts';

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
