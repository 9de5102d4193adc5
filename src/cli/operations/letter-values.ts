import { isDeepStrictEqual } from 'node:util';
import type { DeadLetter } from '../dead-letters/letter.ts';
import type { Finish } from '../dead-letters/ports.ts';
import { ruleValues } from '../../config/mapping.ts';
import type { SchemaOptions, ValueOptions } from '../../config/resolve-value.ts';
import { isSchemaFormat } from '../../config/value-rules.ts';
import { valueFormats } from '../../schema/value-formats.ts';
import { KafkaError } from '../../model/errors.ts';
import type { Configured } from './configured.ts';

/** What a record is refused with while its value is JSON that waits for its schema. */
const ofSchemas: ReadonlySet<string> = new Set([
  'VALUE_INVALID',
  'SCHEMA_MISSING',
  'SCHEMA_INVALID',
  'SCHEMA_INCOMPATIBLE',
  'SCHEMA_RULES_UNSUPPORTED',
  'REGISTRY_UNAUTHORIZED',
]);

/**
 * Writes the values of dead letters by the schema of their topic, where they were kept as JSON: as JSON they would be what no
 * consumer of the topic can read.
 * @param dryRun registers nothing
 * @param patience how long a schema is looked up, in ms
 */
export function letterValues(
  configured: Configured,
  { dryRun, patience = 10_000 }: { readonly dryRun: boolean; readonly patience?: number },
): { readonly finish: Finish; close(): void } {
  const formats = valueFormats(configured.options, () => undefined, false);
  /** Why a topic's values cannot be written for now: not each batch need wait for it anew. */
  const unavailable = new Map<string, string>();

  return {
    async finish(letter, record) {
      // JSON never begins with a zero, and what is framed always does.
      if (record.value[0] === 0) return record;
      const format = formatOf(configured, letter);
      if (typeof format === 'string') return format;
      const values = format && formats.framed(format);
      if (values === undefined || (dryRun && format?.autoRegister === true)) return record;
      const value = parsed(record.value);
      if (value === undefined) return `its value is neither JSON nor in the format of "${letter.topic}"`;
      const known = unavailable.get(letter.topic);
      if (known !== undefined) return known;
      try {
        return await values.finish(record, value, whatOf(value), patience);
      } catch (thrown) {
        if (!(thrown instanceof KafkaError)) throw thrown;
        if (thrown.code !== 'VALUE_INVALID') unavailable.set(letter.topic, thrown.message);
        return thrown.message;
      }
    },
    close: () => formats.close(),
  };
}

/**
 * The format with a schema in which the letter's topic has its values.
 * @returns undefined where it has none, or where the letter was refused in its final form; why it is not known, as a sentence
 */
function formatOf(
  { options, mapping, path }: Configured,
  { topic, code }: DeadLetter,
): SchemaOptions | string | undefined {
  const rules = ruleValues(mapping)
    .filter(({ topic: own = options.topic }) => own === topic)
    .map(({ settings }) => options.valueOf(settings));
  const formats = topic === options.topic ? [options.valueOf(), ...rules] : rules;
  if (formats.length === 0 && ofSchemas.has(code))
    return `its value waits for a schema, and no setting in ${path} writes to "${topic}" any more, which would tell it`;
  const [framed, ...others] = distinct(formats.filter(needsSchema));
  const isMixed = formats.some((format) => !needsSchema(format));
  if (framed === undefined || (isMixed && !ofSchemas.has(code))) return undefined;
  if (others.length === 0) return framed;
  return `${path} writes to "${topic}" with several schemas, and the letter does not tell which one is its own`;
}

function distinct(formats: readonly SchemaOptions[]): SchemaOptions[] {
  return formats.filter(
    (format, index) => formats.findIndex((other) => isDeepStrictEqual(other, format)) === index,
  );
}

function needsSchema(value: ValueOptions): value is SchemaOptions {
  return isSchemaFormat(value.format);
}

/** JSON in which integers beyond 2^53 stay exact. Undefined for what is none. */
function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString(), exact) as unknown;
  } catch {
    return undefined;
  }
}

/** Of the largest integer that a schema has. */
const beyond = 2 ** 64;

/** The third is what Node gives and the types of ECMAScript do not have yet. */
function exact(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source ?? '';
  if (typeof value !== 'number' || Number.isSafeInteger(value) || Math.abs(value) > beyond) return value;
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}

function whatOf(value: unknown): string {
  const name: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'name') : undefined;
  return typeof name === 'string' ? `event "${name}"` : 'the value';
}
