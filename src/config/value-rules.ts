import type { Problem } from './problems.ts';
import { valueDefaults, type ParsedValue } from './value-schema.ts';

type Format = ParsedValue['format'];

/** Fields that say something to some formats only. An option that does nothing is a misunderstanding. */
const belongsTo: readonly (readonly [field: keyof ParsedValue, formats: readonly Format[]])[] = [
  ['mode', ['cloudevents']],
  ['source', ['cloudevents']],
  ['typePrefix', ['cloudevents']],
  ['message', ['protobuf']],
  ...(
    [
      'registry',
      'schema',
      'subjectNameStrategy',
      'autoRegister',
      'useLatestVersion',
      'latestCacheTtl',
      'ignoreRules',
    ] as const
  ).map((field) => [field, ['avro', 'json-schema', 'protobuf']] as const),
];

interface ValueRule {
  readonly field: keyof ParsedValue;
  readonly when: (value: ParsedValue) => boolean;
  readonly say: string;
}

export const isSchemaFormat = (format: Format): format is 'avro' | 'json-schema' | 'protobuf' =>
  format !== 'json' && format !== 'cloudevents';

const rules: readonly ValueRule[] = [
  {
    field: 'registry',
    when: ({ format, registry }) => isSchemaFormat(format) && registry === undefined,
    say: 'is missing: this format needs a Schema Registry, for example { "url": "https://registry:8081" }',
  },
  {
    field: 'useLatestVersion',
    when: ({ useLatestVersion, autoRegister }) => useLatestVersion === true && autoRegister === true,
    say: 'and autoRegister exclude one another: either the registry says what is written, or this flow does',
  },
  {
    field: 'schema',
    when: ({ schema, useLatestVersion, subjectNameStrategy = valueDefaults.subjectNameStrategy }) =>
      schema !== undefined && useLatestVersion === true && subjectNameStrategy === 'topic',
    say: 'is not used with useLatestVersion, which takes the newest of the subject: remove it, or set useLatestVersion to false',
  },
  {
    field: 'latestCacheTtl',
    when: ({ latestCacheTtl, useLatestVersion }) => latestCacheTtl !== undefined && useLatestVersion !== true,
    say: 'has no effect without useLatestVersion: remove it',
  },
  {
    field: 'schema',
    when: ({ format, schema }) =>
      (format === 'avro' || format === 'json-schema') &&
      schema !== undefined &&
      schema !== readyMade &&
      !isJson(schema),
    say: 'is no JSON, which schemas of this format are',
  },
  {
    field: 'schema',
    when: ({ format, schema }) => format === 'protobuf' && schema?.startsWith('{') === true,
    say: 'is an object, and must be the text of a .proto file',
  },
];

/** Names the ready-made schema of the event. */
export const readyMade = 'walkeros-event';

/**
 * What is wrong with a value's settings as a whole.
 * @param root where they stand, such as `settings.value`
 */
export function valueProblems(value: ParsedValue, root: string): Problem[] {
  const strangers = belongsTo
    .filter(([field, formats]) => value[field] !== undefined && !formats.includes(value.format))
    .map(([field, formats]) => ({
      path: `${root}.${field}`,
      say: `says nothing to the format "${value.format}", but to ${formats.join(', ')}: remove it, or change format`,
    }));
  if (strangers.length > 0) return strangers;
  return rules.filter(({ when }) => when(value)).map(({ field, say }) => ({ path: `${root}.${field}`, say }));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
