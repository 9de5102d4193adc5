import { KafkaError } from '../model/errors.ts';
import type { Compatibility, RegisteredSchema, Schema, SchemaRules } from '../model/schema.ts';
import { rulesText } from '../schema/schema-rules.ts';
import type { SetupLog } from './log.ts';

/** What setup needs of a Schema Registry; `registry/` has one, `value/` can check a schema. */
export interface Schemas {
  /** @throws KafkaError SCHEMA_INVALID, without asking anybody */
  check(schema: Schema): Promise<void>;
  find(subject: string, schema: Schema): Promise<RegisteredSchema | undefined>;
  register(subject: string, schema: Schema): Promise<RegisteredSchema>;
  /** Why the schema could not be registered under its subject; empty where it could. */
  incompatibilities(subject: string, schema: Schema): Promise<readonly string[]>;
  /** Of the newest version. Undefined where it has none, or where there is no version. */
  latestRules(subject: string): Promise<SchemaRules | undefined>;
  setCompatibility(subject: string, compatibility: Compatibility): Promise<void>;
}

export interface SchemaDeclaration extends Schema {
  readonly subject: string;
  readonly compatibility: Compatibility | undefined;
}

/**
 * Sees to it that a schema is registered under its subject.
 * @returns whether it was registered just now
 * @throws KafkaError SCHEMA_INCOMPATIBLE or SCHEMA_INVALID with the registry's reason, REGISTRY_…
 */
export async function provisionSchema(
  { subject, compatibility, ...schema }: SchemaDeclaration,
  validateOnly: boolean,
  schemas: Schemas,
  log: SetupLog,
): Promise<boolean> {
  const existing = await schemas.find(subject, schema);
  if (validateOnly) {
    if (existing === undefined) {
      // A registry compares with what it has, and under a new subject that is nothing.
      await schemas.check(schema);
      await assertCompatible(subject, schema, schemas);
    }
    log.info(
      existing ? placeOf(existing, 'is there') : `Would register a schema under subject "${subject}".`,
    );
    await reportRules(subject, schemas, log);
    return false;
  }
  const registered = existing ?? (await schemas.register(subject, schema));
  log.info(placeOf(registered, existing ? 'is there' : 'was registered'));
  // Only now: a level set on a subject without a schema is refused by some registries, and forgotten by others.
  if (compatibility !== undefined) await schemas.setCompatibility(subject, compatibility);
  await reportRules(subject, schemas, log);
  return existing === undefined;
}

/** A registry gives them to what is registered without any. */
async function reportRules(
  subject: string,
  schemas: Pick<Schemas, 'latestRules'>,
  log: SetupLog,
): Promise<void> {
  const rules = await schemas.latestRules(subject);
  if (rules === undefined || rules.onWrite.length === 0) return;
  log.warn(
    `Subject "${subject}" has rules for what is written, and this destination carries out none: ` +
      `${rulesText(rules.onWrite)}. Events written with it are refused, unless settings.value.ignoreRules names them.`,
  );
}

/** @throws KafkaError SCHEMA_INCOMPATIBLE where the registry would not register it under this subject */
export async function assertCompatible(
  subject: string,
  schema: Schema,
  schemas: Pick<Schemas, 'incompatibilities'>,
): Promise<void> {
  const reasons = await schemas.incompatibilities(subject, schema);
  if (reasons.length === 0) return;
  throw new KafkaError(
    'SCHEMA_INCOMPATIBLE',
    `The schema is not compatible with what is registered under subject "${subject}": ${reasons.join('; ')}`,
  );
}

function placeOf({ subject, version, id }: RegisteredSchema, what: string): string {
  return `The schema ${what} under subject "${subject}", version ${version}, id ${id}.`;
}
