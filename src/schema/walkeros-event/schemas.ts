import type { SchemaType } from '../../model/schema.ts';
import { avroSchema } from './avro.ts';
import { jsonSchema } from './json-schema.ts';
import { protobufSchema } from './protobuf.ts';

/**
 * The ready-made schemas of the walkerOS event, as text.
 *
 * @example
 * await writeFile('walkeros-event.proto', walkerosEventSchemas.PROTOBUF);
 */
export const walkerosEventSchemas: Readonly<Record<SchemaType, string>> = {
  AVRO: JSON.stringify(avroSchema),
  JSON: JSON.stringify(jsonSchema),
  PROTOBUF: protobufSchema,
};

/** Its full name in all three. */
export const walkerosEventName = 'walkeros.Event';
