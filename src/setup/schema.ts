import { KafkaError } from '../model/errors.ts';
import type { RegisteredSchema, Schema } from '../model/schema.ts';
import type { SchemaPlan } from '../config/resolve-setup.ts';
import { checkSchema } from '../schema/load-format.ts';
import type { Registry } from '../schema/registry/registry.ts';
import { rulesText } from '../schema/registry/rule-set.ts';
import type { SetupLog } from './topics.ts';

/** What setup needs of a Schema Registry. */
export type SetupRegistry = Pick<
  Registry,
  'find' | 'register' | 'incompatibilities' | 'latestRules' | 'setCompatibility'
>;

/**
 * Sees to it that a schema is registered under its subject.
 * @returns whether it was registered just now
 * @throws KafkaError SCHEMA_INCOMPATIBLE or SCHEMA_INVALID with the registry's reason, REGISTRY_…
 */
export async function provisionSchema(
  { subject, compatibility, schemaType, schema: text }: SchemaPlan,
  validateOnly: boolean,
  registry: SetupRegistry,
  log: SetupLog,
): Promise<boolean> {
  const schema = { schemaType, schema: text };
  const existing = await registry.find(subject, schema);
  if (validateOnly) {
    if (existing === undefined) {
      // A registry compares with what it has, and under a new subject that is nothing.
      await checkSchema(schema);
      await assertCompatible(subject, schema, registry);
    }
    log.info(
      existing ? placeOf(existing, 'is there') : `Would register a schema under subject "${subject}".`,
    );
    await reportRules(subject, registry, log);
    return false;
  }
  const registered = existing ?? (await registry.register(subject, schema));
  log.info(placeOf(registered, existing ? 'is there' : 'was registered'));
  // Only now: a level set on a subject without a schema is refused by some registries, and forgotten by others.
  if (compatibility !== undefined) await registry.setCompatibility(subject, compatibility);
  await reportRules(subject, registry, log);
  return existing === undefined;
}

/** A registry gives them to what is registered without any. */
async function reportRules(
  subject: string,
  registry: Pick<Registry, 'latestRules'>,
  log: SetupLog,
): Promise<void> {
  const rules = await registry.latestRules(subject);
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
  registry: Pick<Registry, 'incompatibilities'>,
): Promise<void> {
  const reasons = await registry.incompatibilities(subject, schema);
  if (reasons.length === 0) return;
  throw new KafkaError(
    'SCHEMA_INCOMPATIBLE',
    `The schema is not compatible with what is registered under subject "${subject}": ${reasons.join('; ')}`,
  );
}

function placeOf({ subject, version, id }: RegisteredSchema, what: string): string {
  return `The schema ${what} under subject "${subject}", version ${version}, id ${id}.`;
}
