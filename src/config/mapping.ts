import { isNamed } from '../model/foreign.ts';
import { pathText, problemsOf, type Problem } from './problems.ts';
import type { RegistryFacts } from './registry-facts.ts';
import { tlsProblems } from './tls.ts';
import { merged, type SchemaOptions } from './resolve-value.ts';
import type { Facts } from './rules.ts';
import { ruleSettingsSchema } from './schema.ts';
import { valueProblems } from './value-rules.ts';
import type { Options } from './options.ts';

/** The place of one mapping rule's settings, and the settings. */
interface RuleSettingsAt {
  readonly path: readonly (string | number)[];
  readonly settings: unknown;
}

/**
 * What is wrong with the `settings` of mapping rules. They are checked at the start, since a wrong topic or key would
 * otherwise only show with the first event of its kind.
 */
export function mappingProblems(
  mapping: unknown,
  { deadLetter, value: base }: Partial<Pick<Facts, 'deadLetter' | 'value'>>,
): Problem[] {
  return ruleSettingsOf(mapping).flatMap(({ path, settings }) => {
    const root = pathText('mapping', path);
    const parsed = ruleSettingsSchema.safeParse(settings);
    if (!parsed.success) return problemsOf(parsed.error, ruleSettingsSchema, root);
    const { topic, value } = parsed.data;
    const ofValue = [
      ...(base && value ? valueProblems(merged(base, value), `${root}.value`) : []),
      ...tlsProblems(value?.registry?.ssl, `${root}.value.registry.ssl`),
    ];
    if (topic === undefined || topic !== deadLetter?.topic) return ofValue;
    const say = `is "${topic}", the same as settings.deadLetter.topic: events and refused records would mix; name another topic`;
    return [{ path: `${root}.topic`, say }, ...ofValue];
  });
}

/** The topics that mapping rules name, and where they do. */
export function ruleTopics(mapping: unknown): { topic: string; path: string }[] {
  return ruleSettingsOf(mapping).flatMap(({ path, settings }) => {
    const parsed = ruleSettingsSchema.safeParse(settings);
    const topic = parsed.success ? parsed.data.topic : undefined;
    return topic === undefined ? [] : [{ topic, path: pathText('mapping', [...path, 'topic']) }];
  });
}

/** The settings of every rule, its own topic, and the setting in them that may name a registry of its own. */
export function ruleValues(
  mapping: unknown,
): { settings: unknown; topic: string | undefined; path: string }[] {
  return ruleSettingsOf(mapping).map(({ path, settings }) => ({
    settings,
    topic: ruleSettingsSchema.safeParse(settings).data?.topic,
    path: pathText('mapping', [...path, 'value', 'registry']),
  }));
}

/** walkerOS takes one rule or several (the first whose condition holds) for each action of an entity. */
function ruleSettingsOf(mapping: unknown): RuleSettingsAt[] {
  return entriesOf(mapping).flatMap(([entity, actions]) =>
    entriesOf(actions).flatMap(([action, rules]) =>
      Array.isArray(rules)
        ? rules.flatMap((rule: unknown, index) => settingsOf(rule, [entity, action, index]))
        : settingsOf(rules, [entity, action]),
    ),
  );
}

function settingsOf(rule: unknown, path: readonly (string | number)[]): RuleSettingsAt[] {
  return entriesOf(rule)
    .filter(([name, settings]) => name === 'settings' && settings !== undefined)
    .map(([, settings]) => ({ path: [...path, 'settings'], settings }));
}

function entriesOf(value: unknown): [string, unknown][] {
  return isNamed(value) ? Object.entries(value) : [];
}

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
