import { isDeepStrictEqual } from 'node:util';
import { ruleValues } from '../../config/mapping.ts';
import type { SchemaOptions, ValueOptions } from '../../config/resolve-value.ts';
import { isSchemaFormat } from '../../config/value-rules.ts';
import { errorCodes, errorTraits, kafkaErrorOf } from '../../model/errors.ts';
import { jsonIn, propertyOf } from '../../model/foreign.ts';
import { admits } from '../../record/settings.ts';
import { schemaIdHeader, type KafkaRecord } from '../../model/record.ts';
import { valueFormats } from '../../schema/value-formats.ts';
import type { Configured } from '../flow/configured.ts';
import type { DeadLetter } from './dead-letter.ts';

/**
 * Gives a record the form that its topic takes: a value that waited for its schema was kept as JSON.
 * @returns a sentence that says why that cannot be
 */
export type Finish = (deadLetter: DeadLetter, record: KafkaRecord) => Promise<KafkaRecord | string>;

/** A record that is refused with one of these has a value in JSON, which waits for its schema. */
const schemaCodes: ReadonlySet<string> = new Set([
  'VALUE_INVALID',
  'TOPIC_UNDECLARED',
  // Records that wait for a schema are refused with these: another look-up would find the same.
  ...errorCodes.filter((code) => errorTraits(code).scope === 'schema' && errorTraits(code).final),
]);

/**
 * Serializes the values of dead letters by the schema of their topic, if they were kept as JSON: consumers of the topic cannot
 * read JSON.
 * @param dryRun registers nothing
 * @param lookupTimeout how long a schema is looked up, in ms
 */
export function deadLetterValues(
  configured: Configured,
  { dryRun, lookupTimeout = 10_000 }: { readonly dryRun: boolean; readonly lookupTimeout?: number },
): { readonly finish: Finish; close(): void } {
  const formats = valueFormats(configured.options, () => undefined, false);
  /** Why a topic's values cannot be serialized for now: not every batch waits for that again. */
  const unavailable = new Map<string, string>();

  return {
    async finish(deadLetter, record) {
      // A tombstone has no form. JSON never begins with a zero, and what has the id of its schema in front always does.
      if (record.value === null || record.value[0] === 0 || schemaIdHeader in record.headers) return record;
      const format = formatOf(configured, deadLetter);
      if (typeof format === 'string') return format;
      const values = format && formats.framed(format);
      if (values === undefined || (dryRun && format?.autoRegister === true)) return record;
      const value = jsonIn(record.value.toString(), exact);
      if (value === undefined) return `its value is neither JSON nor in the format of "${deadLetter.topic}"`;
      const known = unavailable.get(deadLetter.topic);
      if (known !== undefined) return known;
      try {
        return await values.finish(record, value, whatOf(value), lookupTimeout);
      } catch (thrown) {
        const { code, message } = kafkaErrorOf(thrown);
        if (code !== 'VALUE_INVALID') unavailable.set(deadLetter.topic, message);
        return message;
      }
    },
    close: () => formats.close(),
  };
}

/**
 * The format with a schema that the topic's values have.
 * @returns undefined if it has none, or if the record was refused in its final form; a sentence if the format is not known
 */
function formatOf(
  { options, mapping, path }: Configured,
  { topic, code }: DeadLetter,
): SchemaOptions | string | undefined {
  const rules = ruleValues(mapping)
    .filter(({ topic: own = options.topic }) => admits(own, topic))
    .map(({ settings }) => options.valueOf(settings));
  const formats = admits(options.topic, topic) ? [options.valueOf(), ...rules] : rules;
  if (formats.length === 0 && schemaCodes.has(code))
    return `its value waits for a schema, and no setting in ${path} writes to "${topic}" any more, which would tell it`;
  const [framed, ...others] = distinct(formats.filter(needsSchema));
  const isMixed = formats.some((format) => !needsSchema(format));
  if (framed === undefined || (isMixed && !schemaCodes.has(code))) return undefined;
  if (others.length === 0) return framed;
  return `${path} writes to "${topic}" with several schemas, and the letter does not tell which one is its own`;
}

function distinct(formats: readonly SchemaOptions[]): SchemaOptions[] {
  const bare = formats.map((format) => ({ ...format, registry: { ...format.registry, setting: '' } }));
  return formats.filter(
    (_, index) => bare.findIndex((other) => isDeepStrictEqual(other, bare[index])) === index,
  );
}

function needsSchema(value: ValueOptions): value is SchemaOptions {
  return isSchemaFormat(value.format);
}

/** The largest integer that a schema has is below this. */
const beyond = 2 ** 64;

/** Integers beyond 2^53 stay exact. @param context given by Node, and not yet in the types of ECMAScript */
function exact(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source ?? '';
  if (typeof value !== 'number' || Number.isSafeInteger(value) || Math.abs(value) > beyond) return value;
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}

function whatOf(value: unknown): string {
  const name = propertyOf(value, 'name');
  return typeof name === 'string' ? `event "${name}"` : 'the value';
}
