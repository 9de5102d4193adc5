import { ruleValues } from './mapping.ts';
import type { Options } from './options.ts';
import type { RegistryFacts } from './registry-facts.ts';
import type { SchemaOptions } from './resolve-value.ts';

/** A Schema Registry that the settings name. */
export interface NamedRegistry {
  readonly facts: RegistryFacts;
  /** Where the user has written it, for messages. */
  readonly path: string;
  /** What is written with its schemas, each topic with each format once. Empty for that of `config.setup`. */
  readonly uses: readonly RegistryUse[];
}

export interface RegistryUse {
  readonly topic: string;
  readonly value: SchemaOptions;
}

/** The registries of values: of `settings.value`, and of mapping rules that name another one. */
export function valueRegistries(
  { topic: main, valueOf }: Pick<Options, 'topic' | 'valueOf'>,
  mapping: unknown,
): readonly NamedRegistry[] {
  const general = { settings: undefined, topic: main, path: 'settings.value.registry' };
  const found = new Map<RegistryFacts, NamedRegistry & { readonly uses: RegistryUse[] }>();
  for (const { settings, topic = main, path } of [general, ...ruleValues(mapping)]) {
    const value = valueOf(settings);
    if (!('registry' in value)) continue;
    const named = found.get(value.registry) ?? { facts: value.registry, path, uses: [] };
    found.set(value.registry, named);
    if (!named.uses.some((use) => use.topic === topic && use.value === value))
      named.uses.push({ topic, value });
  }
  return [...found.values()];
}
