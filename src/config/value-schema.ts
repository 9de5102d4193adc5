import { z } from 'zod';
import { typeNames } from './fields.ts';
import { registryFields, schemaText } from './registry-schema.ts';
import { choice, flag, milliseconds, object, optional, text, withDefault } from './values.ts';

/** `settings.value`, and what a mapping rule may say differently. Which fields go with which format: value-rules.ts. */

const registry = object('{ "url": "https://registry:8081" }', {
  ...registryFields,
  timeout: withDefault(milliseconds(), 3_000).describe(
    'Longest wait for one answer of the registry, in ms, before the next URL or another try.',
  ),
}).describe('The Schema Registry, for `avro`, `json-schema` and `protobuf`.');

const format = choice(['json', 'cloudevents', 'avro', 'json-schema', 'protobuf']).describe(
  'How values are written. `json`: as `JSON.stringify` does. `cloudevents`: by the CloudEvents Kafka binding. ' +
    "`avro`, `json-schema`, `protobuf`: in the Schema Registry's wire format (a zero, the schema's id, the value), or as " +
    '`schemaId` says.',
);

/** Of fields that settings leave out. Not in the schema: a mapping rule that leaves one out has what `settings.value` says. */
export const valueDefaults = {
  mode: 'binary',
  source: 'walkeros',
  typePrefix: 'walkeros.',
  schemaId: 'prefix',
  subjectNameStrategy: 'topic',
  autoRegister: false,
  useLatestVersion: false,
  latestCacheTtl: 60_000,
  ignoreRules: [],
} as const;

const others = {
  mode: optional(choice(['binary', 'structured'])).describe(
    'Content mode of `cloudevents`. `binary` (default): the value stays the event, attributes are `ce_…` headers. ' +
      '`structured`: all in one JSON value.',
  ),
  source: optional(text('https://www.example.com/shop')).describe(
    `For \`cloudevents\`: the attribute \`source\`. Default: \`${valueDefaults.source}\`.`,
  ),
  typePrefix: z
    .string({ error: 'must be text, for example "com.example."' })
    .optional()
    .describe(
      'For `cloudevents`: prefix of the attribute `type`, before the event name (spaces as `_`). ' +
        `Default: \`${valueDefaults.typePrefix}\`.`,
    ),
  registry: registry.optional(),
  schema: schemaText(() => 'must be the schema, as text or (avro, json-schema) as an object, and not empty')
    .optional()
    .describe(
      'The schema to write with, as text; an Avro or JSON schema may be an object. Default: `walkeros-event`, the ready-made ' +
        'one of the event. Mapped data needs its own. ' +
        "`$contract.<name>.events.<entity>.<action>`: that of the event with a part of the flow's contract in it.",
    ),
  message: optional(text('Order')).describe(
    'For `protobuf`: the message of the schema to write. Default: its first.',
  ),
  schemaId: optional(choice(['prefix', 'header'])).describe(
    'Where a record tells its schema. `prefix` (default): in front of the value. `header`: in the header `__value_schema_id`, ' +
      'so that the value is plain JSON, Avro or Protobuf; Confluent clients of 8.0 or later read both.',
  ),
  subjectNameStrategy: optional(choice(['topic', 'record', 'topic-record'])).describe(
    "Subject under which the schema is looked up. `topic` (default): `<topic>-value`; `record`: the schema's full name; " +
      '`topic-record`: `<topic>-<full name>`.',
  ),
  autoRegister: optional(flag()).describe(
    'Registers the schema if it is not registered. Default: `false`, so that no flow changes what others read.',
  ),
  useLatestVersion: optional(flag()).describe(
    'Writes with the latest schema version of the subject instead of `schema`. Default: `false`. In a mapping rule it goes before ' +
      'the `schema` of `settings.value`.',
  ),
  latestCacheTtl: optional(milliseconds()).describe(
    'For `useLatestVersion`: how long a schema is taken for the latest, in ms. It is refreshed in the background. ' +
      `Default: ${valueDefaults.latestCacheTtl}.`,
  ),
  ignoreRules: z
    .array(text('encryptPii'), { error: 'must be a list of names, for example ["encryptPii"]' })
    .optional()
    .describe(
      'Names of rules in the schema (encryption, conditions, transformations of a data contract) that values may be written ' +
        'without. No rule is carried out here: a schema with one that is not named refuses its events. Default: none.',
    ),
};

const valueExample = '{ "format": "avro", "registry": { "url": "https://registry:8081" } }';

export const valueSchema = object(valueExample, { format: format.default('json'), ...others })
  .register(typeNames, { type: 'Value' })
  .prefault({})
  .describe('What the stored values look like.');

export const ruleValueSchema = object(valueExample, { format: format.optional(), ...others })
  .register(typeNames, { type: 'RuleValue' })
  .optional()
  .describe(
    'What differs from `settings.value` for these events, such as `schema`; with another `format` only `registry` is taken over.',
  );

export type ParsedValue = z.output<typeof valueSchema>;
export type ParsedRuleValue = NonNullable<z.output<typeof ruleValueSchema>>;
