import { ruleRegistries } from './mapping.ts';
import type { Options } from './options.ts';
import type { RegistryFacts } from './registry-facts.ts';

/** A Schema Registry that the settings name. */
export interface NamedRegistry {
  readonly facts: RegistryFacts;
  /** Where the user has written it, for messages. */
  readonly path: string;
  /** Those whose values are written with its schemas. */
  readonly topics: ReadonlySet<string>;
}

/** The registries of values: of `settings.value`, and of mapping rules that name another one. */
export function valueRegistries(
  { topic: main, valueOf }: Pick<Options, 'topic' | 'valueOf'>,
  mapping: unknown,
): readonly NamedRegistry[] {
  const general = { settings: undefined, topic: undefined, path: 'settings.value.registry' };
  const found = new Map<RegistryFacts, NamedRegistry & { topics: Set<string> }>();
  for (const { settings, topic, path } of [general, ...ruleRegistries(mapping)]) {
    const value = valueOf(settings);
    if (!('registry' in value)) continue;
    const named = found.get(value.registry) ?? { facts: value.registry, path, topics: new Set() };
    named.topics.add(topic ?? main);
    found.set(value.registry, named);
  }
  return [...found.values()];
}
