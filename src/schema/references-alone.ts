import { isObject } from './misfit.ts';

/** Beside a reference these judge nothing, and others refer to them. */
const kept: ReadonlySet<string> = new Set([
  '$ref',
  'definitions',
  '$defs',
  'id',
  '$id',
  'title',
  'description',
]);

/** Values, in which a property of that name refers to nothing. */
const values: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples']);

/** A schema without what stands beside a `$ref`: up to draft 7 that does not count, and ajv counts it. */
export function referencesAlone(
  schema: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const isReference = typeof schema['$ref'] === 'string';
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name]) => !isReference || kept.has(name))
      .map(([name, own]) => [name, values.has(name) ? own : within(own)]),
  );
}

function within(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(within);
  return isObject(value) ? referencesAlone(value) : value;
}
