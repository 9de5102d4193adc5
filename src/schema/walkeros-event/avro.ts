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
