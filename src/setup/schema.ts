import { KafkaError } from '../model/errors.ts';
import type { RegisteredSchema, Schema } from '../model/schema.ts';
import { checkSchema } from '../schema/load-format.ts';
import type { Registry } from '../schema/registry/registry.ts';
import { rulesText } from '../schema/registry/rule-set.ts';
import type { Declared } from './declared.ts';
import type { SetupLog } from './topics.ts';

export type SetupRegistry = Pick<
  Registry,
  'find' | 'latest' | 'register' | 'incompatibilities' | 'latestRules' | 'setCompatibility'
>;

export interface DeclaredSchema extends Declared {
  readonly registry: SetupRegistry;
}

type Missing = DeclaredSchema & { readonly schema: Schema };

/**
 * Sees to it that each schema is registered under its subject. Where several are missing, all are compared before the first is
 * registered: an incompatible one must not leave a part of a change behind.
 * @returns whether any was registered just now
 * @throws KafkaError SCHEMA_INCOMPATIBLE or SCHEMA_INVALID with the registry's reason, REGISTRY_…
 */
export async function provisionSchemas(
  declared: readonly DeclaredSchema[],
  validateOnly: boolean,
  log: SetupLog,
): Promise<boolean> {
  const missing: Missing[] = [];
  for (const one of declared) {
    const { registry, subject, schema } = one;
    if (schema === undefined) {
      const latest = await registry.latest(subject);
      if (latest === undefined) {
        log.warn(
          `Subject "${subject}" has no schema, and values are written with its latest: register one, or their events are refused.`,
        );
        continue;
      }
      log.info(placeOf(latest, 'that values are written with is'));
    } else {
      const existing = await registry.find(subject, schema);
      if (existing === undefined) {
        missing.push({ ...one, schema });
        continue;
      }
      log.info(placeOf(existing, 'is there'));
    }
    await finish(one, validateOnly, log);
  }
  if (validateOnly || missing.length > 1) {
    for (const { registry, subject, schema } of missing) {
      // A registry compares with what it has, and under a new subject that is nothing.
      await checkSchema(schema);
      await assertCompatible(subject, schema, registry);
    }
  }
  for (const one of missing) {
    const { registry, subject, schema } = one;
    if (validateOnly) log.info(`Would register a schema under subject "${subject}".`);
    else log.info(placeOf(await registry.register(subject, schema), 'was registered'));
    await finish(one, validateOnly, log);
  }
  return missing.length > 0 && !validateOnly;
}

async function finish(
  { registry, subject, compatibility }: DeclaredSchema,
  validateOnly: boolean,
  log: SetupLog,
): Promise<void> {
  // Only now: a level set on a subject without a schema is refused by some registries, and forgotten by others.
  if (compatibility !== undefined && !validateOnly) await registry.setCompatibility(subject, compatibility);
  await reportRules(subject, registry, log);
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
