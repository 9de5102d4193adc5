import type { SchemaPlan } from '../../config/resolve-setup.ts';
import type { SchemaOptions } from '../../config/resolve-value.ts';
import type { Options } from '../../config/resolve.ts';
import { valueRegistries } from '../../config/mapping.ts';
import { Registry } from '../../schema/registry/registry.ts';
import { triedWriter, unregistered, type Schemas } from '../../schema/schema-writer.ts';
import { assertCompatible } from '../../setup/schema.ts';
import type { Target } from './target.ts';

type Registries = Target['registries'];

/** The registry of `config.setup`, asked for its subject, which need not exist yet. */
export function setupRegistries(plan: SchemaPlan | undefined): Registries {
  if (plan === undefined) return [];
  const { registry: facts, subject } = plan;
  const registry = new Registry({ ...facts, retries: 0 });
  return [{ ...facts, look: async () => void (await registry.latest(subject)) }];
}

/** The schemas that values are written with, of the settings and of rules, each once for each topic. */
export function valueRegistriesOf(options: Options, mapping: unknown): Registries {
  return valueRegistries(options, mapping).flatMap(({ facts, uses }) => {
    const registry = new Registry({ ...facts, retries: 0 });
    return uses.map(({ topic, value }) => ({
      ...facts,
      look: () => lookForSchema(value, topic, registry),
    }));
  });
}

/**
 * Looks up the schema of a topic as its first event does, under the same subject, and registers nothing.
 * @throws KafkaError SCHEMA_…, REGISTRY_…: why the events of the topic would be refused
 */
async function lookForSchema(value: SchemaOptions, topic: string, registry: Registry): Promise<void> {
  const schemas: Schemas = {
    find: (subject, schema) => registry.find(subject, schema),
    latest: (subject) => registry.latest(subject),
    latestRules: (subject) => registry.latestRules(subject),
    register: async (subject, schema) => {
      const found = await registry.find(subject, schema);
      if (found !== undefined) return found;
      await assertCompatible(subject, schema, registry);
      return { ...schema, ...unregistered, subject };
    },
  };
  const { lastError } = await triedWriter(topic, value, schemas);
  if (lastError !== undefined) throw lastError;
}
