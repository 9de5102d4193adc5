import { jsonIn } from '../model/foreign.ts';
import type { Schema, SchemaType } from '../model/schema.ts';
import { contractSchema } from '../schema/walkeros-event/contract.ts';
import type { Problem } from './problems.ts';
import { valueDefaults, type ParsedValue } from './value-schema.ts';

type Format = ParsedValue['format'];

const schemaFormats = ['avro', 'json-schema', 'protobuf'] as const;
export type SchemaFormat = (typeof schemaFormats)[number];

export const schemaTypeOf: Readonly<Record<SchemaFormat, SchemaType>> = {
  avro: 'AVRO',
  'json-schema': 'JSON',
  protobuf: 'PROTOBUF',
};

export const isSchemaFormat = (format: Format): format is SchemaFormat =>
  format !== 'json' && format !== 'cloudevents';

export const readyMade = 'walkeros-event';

/** Fields that say something to some formats only. An option that does nothing is a misunderstanding. */
const formatsOf: Readonly<Partial<Record<string, readonly Format[]>>> = {
  mode: ['cloudevents'],
  source: ['cloudevents'],
  typePrefix: ['cloudevents'],
  message: ['protobuf'],
  registry: schemaFormats,
  schema: schemaFormats,
  schemaId: schemaFormats,
  subjectNameStrategy: schemaFormats,
  autoRegister: schemaFormats,
  useLatestVersion: schemaFormats,
  latestCacheTtl: schemaFormats,
  ignoreRules: schemaFormats,
};

/** A row: the field, when it is wrong, and what to change. */
const rules: readonly (readonly [keyof ParsedValue, (value: ParsedValue) => boolean, string])[] = [
  [
    'registry',
    ({ format, registry }) => isSchemaFormat(format) && registry === undefined,
    'is missing: this format needs a Schema Registry, for example { "url": "https://registry:8081" }',
  ],
  [
    'useLatestVersion',
    ({ useLatestVersion, autoRegister }) => useLatestVersion === true && autoRegister === true,
    'and autoRegister exclude one another: either the registry says what is written, or this flow does',
  ],
  [
    'schema',
    ({ schema, useLatestVersion, subjectNameStrategy = valueDefaults.subjectNameStrategy }) =>
      schema !== undefined && useLatestVersion === true && subjectNameStrategy === 'topic',
    'is not used with useLatestVersion, which takes the newest of the subject: remove it, or set useLatestVersion to false',
  ],
  [
    'latestCacheTtl',
    ({ latestCacheTtl, useLatestVersion }) => latestCacheTtl !== undefined && useLatestVersion !== true,
    'has no effect without useLatestVersion: remove it',
  ],
  [
    'schema',
    ({ format, schema = readyMade }) =>
      (format === 'avro' || format === 'json-schema') && schema !== readyMade && jsonIn(schema) === undefined,
    'is no JSON, which schemas of this format are',
  ],
  [
    'schema',
    ({ format, schema }) =>
      format === 'protobuf' &&
      schema?.startsWith('{') === true &&
      contractSchema('PROTOBUF', schema) === undefined,
    'is an object, and must be the text of a .proto file, or a contract of events',
  ],
];

/**
 * What is wrong with a value's settings as a whole.
 * @param root where they stand, such as `settings.value`
 */
export function valueProblems(value: ParsedValue, root: string): Problem[] {
  const { format } = value;
  const strangers = Object.entries(formatsOf).flatMap(([field, formats]): Problem[] => {
    if (Reflect.get(value, field) === undefined || formats?.includes(format) !== false) return [];
    const say = `says nothing to the format "${format}", but to ${formats.join(', ')}: remove it, or change format`;
    return [{ path: `${root}.${field}`, say }];
  });
  if (strangers.length > 0) return strangers;
  const { schema } = value;
  return [
    ...rules.flatMap(([field, isWrong, say]) => (isWrong(value) ? [{ path: `${root}.${field}`, say }] : [])),
    ...(isSchemaFormat(format) && schema !== undefined
      ? contractProblems({ schemaType: schemaTypeOf[format], schema }, `${root}.schema`)
      : []),
  ];
}

/** What of a contract a format cannot have. @param path the setting that names it */
export function contractProblems({ schemaType, schema }: Schema, path: string): Problem[] {
  const made = contractSchema(schemaType, schema);
  if (made === undefined || 'schema' in made) return [];
  return made.faults.map((fault) => ({
    path,
    say: `is a contract that cannot be written as ${schemaType}: ${fault.path} ${fault.say}`,
  }));
}

/** The schema itself, or that of the event with a contract in it, which has no problems. */
export function schemaOf(schemaType: SchemaType, text: string): string {
  const made = contractSchema(schemaType, text);
  return made !== undefined && 'schema' in made ? made.schema : text;
}
