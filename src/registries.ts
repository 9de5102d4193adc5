import type { Patient } from './doctor/patient.ts';
import { ruleRegistries } from './options/mapping.ts';
import type { RegistryFacts } from './options/registry-facts.ts';
import type { Options } from './options/resolve.ts';
import type { SchemaPlan } from './options/resolve-setup.ts';
import type { SchemaOptions } from './options/resolve-value.ts';
import { Registry } from './registry/registry.ts';
import { schemaChoice } from './value-formats.ts';
import { SchemaWriter, type Schemas } from './value/schema-writer.ts';

type Looks = Patient['registries'];

/** The registry of a setup, asked for the subject that it registers under: it need not be there yet. */
export function setupLooks(plan: SchemaPlan | undefined): Looks {
  if (plan === undefined) return [];
  const { registry: facts, subject } = plan;
  const path = 'setup.schemaRegistry';
  const registry = new Registry({ ...facts, retries: 0, setting: path });
  return [
    {
      ...facts,
      path,
      look: async () => {
        await registry.latest(subject);
      },
    },
  ];
}

/** Each schema that values are written with, of the settings and of rules, once for each topic they go to. */
export function valueLooks(options: Options, mapping: unknown): Looks {
  const general = { settings: undefined, topic: undefined, path: 'settings.value.registry' };
  const known = new Map<RegistryFacts, { readonly registry: Registry; readonly path: string }>();
  const seen = new Map<SchemaOptions, Set<string>>();
  const looks: Looks[number][] = [];
  for (const place of [general, ...ruleRegistries(mapping)]) {
    const value = options.valueOf(place.settings);
    const { topic = options.topic } = place;
    if (!('registry' in value) || seen.get(value)?.has(topic)) continue;
    seen.set(value, new Set([...(seen.get(value) ?? []), topic]));
    const facts = value.registry;
    const at = known.get(facts) ?? {
      path: place.path,
      registry: new Registry({ ...facts, retries: 0, setting: place.path }),
    };
    known.set(facts, at);
    looks.push({ ...facts, path: at.path, look: () => lookForSchema(value, topic, at.registry) });
  }
  return looks;
}

/**
 * Looks for the schema of a topic as its first event does, under the same subject, and registers nothing.
 * @throws KafkaError SCHEMA_MISSING, SCHEMA_INVALID, REGISTRY_…: why the events of the topic would be refused
 */
async function lookForSchema(value: SchemaOptions, topic: string, registry: Registry): Promise<void> {
  const schemas: Schemas = {
    find: (subject, schema) => registry.find(subject, schema),
    latest: (subject) => registry.latest(subject),
    register: async (subject, schema) =>
      (await registry.find(subject, schema)) ?? { ...schema, ...unregistered, subject },
  };
  const writer = new SchemaWriter(topic, schemaChoice(value), {
    schemas,
    notify: () => undefined,
    now: () => performance.now(),
    closing: new AbortController().signal,
  });
  await writer.moved(0);
  if (writer.lastError !== undefined) throw writer.lastError;
}

/** Stands for a schema that the first event registers. */
const unregistered = { id: 0, version: 0, references: [] };
