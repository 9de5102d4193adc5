import type { SchemaType } from '../../model/schema.ts';

/** The event's schema in Avro. What is free in an event is a map of texts, which every reader of Avro has columns for. */
export const avroSchema = {
  type: 'record',
  name: 'Event',
  namespace: 'walkeros',
  doc: 'A walkerOS event. In maps of strings, text is as it was; numbers, booleans, lists and objects are their JSON.',
  fields: [
    { name: 'name', type: 'string', doc: 'Entity and action, or what a mapping renamed it to' },
    { name: 'id', type: 'string' },
    { name: 'timestamp', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'entity', type: ['null', 'string'], default: null },
    { name: 'action', type: ['null', 'string'], default: null },
    { name: 'trigger', type: ['null', 'string'], default: null },
    { name: 'timing', type: ['null', 'double'], default: null, doc: 'Seconds since the run began' },
    { name: 'data', type: { type: 'map', values: 'string' }, default: {} },
    {
      name: 'context',
      type: {
        type: 'map',
        values: {
          type: 'record',
          name: 'Context',
          fields: [
            { name: 'value', type: 'string' },
            { name: 'index', type: ['null', 'int'], default: null },
          ],
        },
      },
      default: {},
    },
    { name: 'globals', type: { type: 'map', values: 'string' }, default: {} },
    { name: 'custom', type: { type: 'map', values: 'string' }, default: {} },
    { name: 'user', type: { type: 'map', values: 'string' }, default: {} },
    { name: 'consent', type: { type: 'map', values: 'boolean' }, default: {} },
    { name: 'source', type: { type: 'map', values: 'string' }, default: {} },
    {
      name: 'nested',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Entity',
          fields: [
            { name: 'entity', type: 'string' },
            { name: 'data', type: { type: 'map', values: 'string' }, default: {} },
            { name: 'context', type: { type: 'map', values: 'Context' }, default: {} },
            { name: 'nested', type: ['null', 'string'], default: null, doc: 'Entities in this one, as JSON' },
          ],
        },
      },
      default: [],
    },
  ],
} as const;

const properties = { type: 'object', description: 'Free: what was tagged' } as const;
const context = {
  type: 'object',
  description: 'Each a pair of value and index',
  additionalProperties: { type: 'array' },
} as const;

/** The event's schema in JSON Schema. The event is stored as it is, so what is free in it stays free. */
export const jsonSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'walkeros.Event',
  description: 'A walkerOS event',
  type: 'object',
  required: ['name', 'id', 'timestamp'],
  properties: {
    name: { type: 'string', description: 'Entity and action, or what a mapping renamed it to' },
    id: { type: 'string' },
    timestamp: { type: 'integer', description: 'Milliseconds since 1970, UTC' },
    entity: { type: 'string' },
    action: { type: 'string' },
    trigger: { type: 'string' },
    timing: { type: 'number', description: 'Seconds since the run began' },
    data: properties,
    context,
    globals: properties,
    custom: properties,
    user: properties,
    consent: { type: 'object', additionalProperties: { type: 'boolean' } },
    source: properties,
    nested: { type: 'array', items: { $ref: '#/definitions/Entity' } },
  },
  definitions: {
    Entity: {
      type: 'object',
      required: ['entity'],
      properties: {
        entity: { type: 'string' },
        data: properties,
        context,
        nested: { type: 'array', items: { $ref: '#/definitions/Entity' } },
      },
    },
  },
} as const;

/** The event's schema in Protobuf; the same columns as in Avro. */
export const protobufSchema = `syntax = "proto3";
package walkeros;

// A walkerOS event. In maps of strings, text is as it was; numbers, booleans, lists and objects are their JSON.
message Event {
  // Entity and action, or what a mapping renamed it to
  string name = 1;
  string id = 2;
  // Milliseconds since 1970, UTC
  int64 timestamp = 3;
  optional string entity = 4;
  optional string action = 5;
  optional string trigger = 6;
  // Seconds since the run began
  optional double timing = 7;
  map<string, string> data = 8;
  map<string, Context> context = 9;
  map<string, string> globals = 10;
  map<string, string> custom = 11;
  map<string, string> user = 12;
  map<string, bool> consent = 13;
  map<string, string> source = 14;
  repeated Entity nested = 15;
}

message Context {
  string value = 1;
  optional int32 index = 2;
}

message Entity {
  string entity = 1;
  map<string, string> data = 2;
  map<string, Context> context = 3;
  // Entities in this one, as JSON
  optional string nested = 4;
}
`;

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
