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
