import { setTimeout as sleep } from 'node:timers/promises';
import type { SchemaOptions } from '../config/resolve-value.ts';
import { schemaTypeOf } from '../config/value-rules.ts';
import { errorTraits, KafkaError, reasonOf, type ErrorCode } from '../model/errors.ts';
import type { Notify } from '../model/notice.ts';
import type { RegisteredSchema, Schema, SchemaRules, SchemaType } from '../model/schema.ts';
import type { Compiled } from './format.ts';
import { loadFormat } from './load-format.ts';
import type { Registry } from './registry/registry.ts';
import { ValidationError } from './validation-error.ts';
import { rulesLeft, rulesText } from './registry/rule-set.ts';
import { flattened, inWholeMilliseconds } from './walkeros-event/flatten.ts';
import { schemaIdBytes } from './schema-id.ts';
import { walkerosEventName, walkerosEventSchemas } from './walkeros-event/schemas.ts';

/** What a writer needs of a Schema Registry. Failures are `KafkaError`s. */
export type Schemas = Pick<Registry, 'find' | 'register' | 'latest' | 'latestRules'>;

export type SchemaChoice = Schema & Omit<SchemaOptions, 'format' | 'registry' | 'schema'>;

export interface SchemaWriterContext {
  readonly schemas: Schemas;
  readonly notify: Notify;
  /** Milliseconds, from any fixed point. */
  readonly now: () => number;
  readonly closing: AbortSignal;
}

interface InUse {
  readonly schema: RegisteredSchema;
  readonly write: (value: unknown) => Buffer;
  readonly idHeader: Buffer | undefined;
}

/** A value by its schema. */
export interface Written {
  readonly value: Buffer;
  /** The header that tells the schema; undefined where the value does. The same object for as long as the schema is. */
  readonly idHeader: Buffer | undefined;
}

/** The first pause before a look-up is tried again, doubled for each later one up to the longest. Milliseconds. */
const firstPause = 200;
const longestPause = 2_000;
/** A schema that the registry has refused, or does not have, is asked for again at most this often. */
const refusalTtl = 5_000;

/**
 * Writes the values of one topic. Once its schema is known that takes no promise and asks nobody; until then `write` answers
 * undefined, and `changed` looks the schema up, once for all who wait.
 */
export class SchemaWriter {
  readonly #topic: string;
  readonly #choice: SchemaChoice;
  readonly #context: SchemaWriterContext;
  #inUse: InUse | undefined;
  #freshUntil = Infinity;
  #refusal: { readonly error: KafkaError; readonly until: number } | undefined;
  #lookUp: Promise<void> | undefined;
  /** Until when somebody waits: after that, failed look-ups are not repeated. */
  #neededUntil = -Infinity;
  #lastError: KafkaError | undefined;

  constructor(topic: string, choice: SchemaChoice, context: SchemaWriterContext) {
    this.#topic = topic;
    this.#choice = choice;
    this.#context = context;
  }

  get lastError(): KafkaError | undefined {
    return this.#lastError;
  }

  /**
   * @returns undefined while the schema is not known
   * @throws KafkaError VALUE_INVALID with the path and the reason, or why there is no schema
   */
  write(value: unknown, what: string): Written | undefined {
    const inUse = this.#inUse;
    if (inUse === undefined) {
      if (this.#refusal !== undefined && this.#context.now() < this.#refusal.until) throw this.#refusal.error;
      return undefined;
    }
    if (this.#freshUntil !== Infinity && this.#context.now() > this.#freshUntil) this.#refresh();
    try {
      return { value: inUse.write(value), idHeader: inUse.idHeader };
    } catch (thrown) {
      throw this.#invalid(inUse.schema, what, thrown);
    }
  }

  /** Resolves when a look-up has ended, well or not. Never rejects. */
  changed(timeout: number): Promise<void> {
    this.#neededUntil = Math.max(this.#neededUntil, this.#context.now() + timeout);
    this.#lookUp ??= this.#lookUpUntilKnown().finally(() => (this.#lookUp = undefined));
    return this.#lookUp;
  }

  async #lookUpUntilKnown(): Promise<void> {
    const { now, closing } = this.#context;
    for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
      if (await this.#tryLookUp()) return;
      const timeLeft = this.#neededUntil - now();
      if (timeLeft <= 0) return;
      // A closing interrupts the pause, and the next try then ends at once.
      await sleep(Math.min(pause, timeLeft), undefined, { signal: closing }).catch(() => undefined);
      if (this.#neededUntil <= now()) return;
    }
  }

  /** @returns whether another one would find the same */
  async #tryLookUp(): Promise<boolean> {
    const { now, notify } = this.#context;
    try {
      this.#use(await this.#find());
      this.#refusal = undefined;
      this.#lastError = undefined;
      return true;
    } catch (thrown) {
      if (this.#context.closing.aborted) return true;
      const error = thrown instanceof KafkaError ? thrown : unusable(this.#topic, this.#choice, thrown);
      this.#lastError = error;
      // A rule that is added to the newest version applies to everything written from now on.
      if (error.code === 'SCHEMA_RULES_UNSUPPORTED') this.#inUse = undefined;
      notify({ kind: 'schema-unavailable', topic: this.#topic, error, inUse: this.#inUse !== undefined });
      // Another look-up would find the same: waiting records are rejected with it.
      const { final, scope } = errorTraits(error.code);
      if (!final || scope !== 'schema') return false;
      this.#refusal = { error, until: now() + refusalTtl };
      return true;
    }
  }

  /** In the background: the schema in use stays in use, whatever the look-up finds. */
  #refresh(): void {
    this.#freshUntil = this.#context.now() + Math.min(this.#choice.latestCacheTtl, refusalTtl);
    this.#lookUp ??= this.#tryLookUp()
      .then(() => undefined)
      .finally(() => (this.#lookUp = undefined));
  }

  async #find(): Promise<{ schema: RegisteredSchema; compiled: Compiled | undefined }> {
    const { schemas } = this.#context;
    const { useLatestVersion, autoRegister, message, schemaType, schema } = this.#choice;
    const compiled = await compiledChoice(this.#topic, this.#choice);
    const subject = subjectOf(this.#topic, this.#choice, compiled?.name);
    if (!useLatestVersion) {
      // The look-up by text may find a version from before the rules, which a registry gives to what is registered now.
      this.#refuseRules(await schemas.latestRules(subject), `the newest version of subject "${subject}"`);
      const known = await (autoRegister
        ? schemas.register(subject, { schemaType, schema })
        : schemas.find(subject, { schemaType, schema }));
      if (known === undefined) throw this.#missing(subject);
      this.#refuseRules(known.rules, `version ${known.version} of subject "${subject}"`);
      return { schema: known, compiled };
    }
    const latest = await schemas.latest(subject);
    if (latest === undefined) throw this.#missing(subject);
    if (latest.schemaType !== schemaType) throw this.#otherType(latest);
    this.#refuseRules(latest.rules, `version ${latest.version} of subject "${subject}"`);
    if (latest.id === this.#inUse?.schema.id) return { schema: latest, compiled: undefined };
    const compile = await loadFormat(schemaType);
    const { references } = latest;
    return { schema: latest, compiled: compile(latest.schema, { references, message }) };
  }

  #use({ schema, compiled }: { schema: RegisteredSchema; compiled: Compiled | undefined }): void {
    const { useLatestVersion, latestCacheTtl, schemaId } = this.#choice;
    if (useLatestVersion) this.#freshUntil = this.#context.now() + latestCacheTtl;
    if (compiled === undefined) return;
    const isPrefixed = schemaId === 'prefix';
    const write = compiled.writer(isPrefixed ? schema.id : undefined);
    const idHeader = isPrefixed ? undefined : schemaIdBytes(schema, compiled.indexes);
    const { typedFields = new Set() } = compiled;
    // JSON Schema describes the event as it is.
    const columns =
      schema.schemaType === 'JSON' ? inWholeMilliseconds : (event: unknown) => flattened(event, typedFields);
    const isEvent = compiled.name === walkerosEventName;
    this.#inUse = { schema, write: isEvent ? (value) => write(columns(value)) : write, idHeader };
  }

  /** Without this, plain text would stand where readers and auditors expect what a rule makes of it. */
  #refuseRules(rules: SchemaRules | undefined, whose: string): void {
    const left = rulesLeft(rules?.onWrite ?? [], this.#choice.ignoreRules);
    if (left.length === 0) return;
    throw this.#error(
      'SCHEMA_RULES_UNSUPPORTED',
      `${whose} has rules for what is written, and this destination carries out none: ${rulesText(left)}. ` +
        'Nothing is written without them. Name them in settings.value.ignoreRules where that is wanted, disable them in the ' +
        'registry, or write to a subject without rules.',
    );
  }

  #missing(subject: string): KafkaError {
    const [what, advice] = this.#choice.useLatestVersion
      ? ['any schema', 'Register one: config.setup has schemaRegistry for it.']
      : [
          'this schema',
          'Register it ("walkeros setup" does, with config.setup), or set settings.value.autoRegister.',
        ];
    return this.#error(
      'SCHEMA_MISSING',
      `the Schema Registry does not have ${what} under subject "${subject}". ${advice}`,
    );
  }

  #otherType({ subject, version, schemaType }: RegisteredSchema): KafkaError {
    return this.#error(
      'SCHEMA_INVALID',
      `version ${version} of subject "${subject}" is of type ${schemaType}, and settings.value.format asks ` +
        `for ${this.#choice.schemaType}.`,
    );
  }

  #invalid({ subject, version, id }: RegisteredSchema, what: string, thrown: unknown): KafkaError {
    const { path, reason } =
      thrown instanceof ValidationError ? thrown : new ValidationError(reasonOf(thrown));
    return this.#error(
      'VALUE_INVALID',
      `${what} does not fit the schema of subject "${subject}" (version ${version}, id ${id}): ` +
        `${path === '' ? 'the value' : path} ${reason}. Correct it at its source, map it with \`data.map\`, or change the schema.`,
      thrown,
    );
  }

  #error(code: ErrorCode, text: string, cause?: unknown): KafkaError {
    return errorOf(this.#topic, code, text, cause);
  }
}

/** A writer that has looked its schema up once, for commands. */
export async function triedWriter(
  topic: string,
  value: SchemaOptions,
  schemas: Schemas,
): Promise<SchemaWriter> {
  const context = { schemas, notify: () => undefined, now: () => performance.now() };
  const writer = new SchemaWriter(topic, schemaChoice(value), {
    ...context,
    closing: new AbortController().signal,
  });
  await writer.changed(0);
  return writer;
}

/** In place of what a registry answers once a schema is registered. */
export const unregistered = { id: 0, version: 0, references: [] };

/** With the ready-made schema where the settings have none. */
export function schemaChoice(value: SchemaOptions): SchemaChoice {
  const schemaType = schemaTypeOf[value.format];
  return { ...value, schemaType, schema: value.schema ?? walkerosEventSchemas[schemaType] };
}

/**
 * The schema of the settings. Undefined where nothing is known of it: the newest of a subject that needs no name.
 * @throws KafkaError SCHEMA_INVALID
 */
export async function compiledChoice(topic: string, choice: SchemaChoice): Promise<Compiled | undefined> {
  const { useLatestVersion, subjectNameStrategy, message, schemaType, schema } = choice;
  if (useLatestVersion && subjectNameStrategy === 'topic') return undefined;
  const compile = await loadFormat(schemaType);
  try {
    return compile(schema, { message });
  } catch (thrown) {
    throw unusable(topic, choice, thrown);
  }
}

/** @throws KafkaError SCHEMA_INVALID where the subject goes by a name that the schema does not have */
export function subjectOf(
  topic: string,
  { subjectNameStrategy }: Pick<SchemaChoice, 'subjectNameStrategy'>,
  schemaName: string | undefined,
): string {
  if (subjectNameStrategy === 'topic') return `${topic}-value`;
  if (schemaName === undefined) {
    throw errorOf(
      topic,
      'SCHEMA_INVALID',
      `settings.value.subjectNameStrategy is "${subjectNameStrategy}", and the schema has no name: give it one (Avro: a ` +
        'record; JSON Schema: "title"), or take "topic".',
    );
  }
  return subjectNameStrategy === 'record' ? schemaName : `${topic}-${schemaName}`;
}

function unusable(topic: string, { schemaType }: SchemaChoice, thrown: unknown): KafkaError {
  const reason = reasonOf(thrown);
  return errorOf(topic, 'SCHEMA_INVALID', `the ${nameOf[schemaType]} cannot be used: ${reason}.`, thrown);
}

function errorOf(topic: string, code: ErrorCode, text: string, cause?: unknown): KafkaError {
  return new KafkaError(code, `Kafka topic "${topic}": ${text}`, { topic, cause });
}

const nameOf: Readonly<Record<SchemaType, string>> = {
  AVRO: 'Avro schema',
  JSON: 'JSON Schema',
  PROTOBUF: 'Protobuf schema',
};
