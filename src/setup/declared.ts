import type { RegistryFacts } from '../config/registry-facts.ts';
import type { SchemaPlan, ValuePlan } from '../config/resolve-setup.ts';
import { readyMade } from '../config/value-rules.ts';
import type { Compatibility, Schema } from '../model/schema.ts';
import type { RegistryOptions } from '../schema/registry/caller.ts';
import { Registry } from '../schema/registry/registry.ts';
import { compiledChoice, schemaChoice, subjectOf } from '../schema/schema-writer.ts';
import { walkerosEventSchemas } from '../schema/walkeros-event/schemas.ts';

/** One schema under its subject, or a subject whose newest one values are written with. */
export interface Declared {
  readonly subject: string;
  /** Undefined: whatever the subject has. */
  readonly schema: Schema | undefined;
  readonly compatibility: Compatibility | undefined;
}

/** What `setup.schemaRegistry` declares. */
export function declaredBySetup({ subject, schemaType, schema, compatibility }: SchemaPlan): Declared {
  const text = schema === readyMade ? walkerosEventSchemas[schemaType] : schema;
  return { subject, schema: { schemaType, schema: text }, compatibility };
}

/**
 * What the values of a topic declare.
 * @throws KafkaError SCHEMA_INVALID where no value could be written with it
 */
export async function declaredByValues({ topic, value, compatibility }: ValuePlan): Promise<Declared> {
  const choice = schemaChoice(value);
  const { schemaType, schema, useLatestVersion } = choice;
  const subject = subjectOf(topic, choice, (await compiledChoice(topic, choice))?.name);
  return { subject, schema: useLatestVersion ? undefined : { schemaType, schema }, compatibility };
}

/**
 * One client for each registry, however many settings name it. The login of `setup.schemaRegistry`, which is asked for first, may
 * register where that of the flow may not.
 */
export function registriesByUrl(
  options: Pick<RegistryOptions, 'closing' | 'retries'> = {},
): (facts: RegistryFacts) => Registry {
  const known = new Map<string, Registry>();
  return (facts) => {
    const urls = facts.urls.join(' ');
    const registry = known.get(urls) ?? new Registry({ ...facts, ...options });
    known.set(urls, registry);
    return registry;
  };
}
