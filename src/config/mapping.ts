import { entriesOf, propertyOf } from '../model/foreign.ts';
import { pathText, problemsOf, protoProblems, type Problem } from './problems.ts';
import type { RegistryFacts } from './registry-facts.ts';
import { tlsProblems } from './tls.ts';
import { merged, type SchemaOptions } from './resolve-value.ts';
import { admits, topicsOf, type TopicSetting } from '../record/settings.ts';
import { createsTopics, prefixOf, type Facts } from './rules.ts';
import { ruleSettingsSchema, type ParsedRule } from './schema.ts';
import { valueProblems } from './value-rules.ts';
import type { Options } from './options.ts';

interface RuleSettingsAt {
  /** Such as `mapping.order.complete.settings`. */
  readonly path: string;
  readonly settings: unknown;
}

/**
 * What is wrong with the `settings` of mapping rules. They are checked at the start, since a wrong topic or key would
 * otherwise only show with the first event of its kind.
 */
export function mappingProblems(mapping: unknown, known: Partial<Facts>): Problem[] {
  const { value: base } = known;
  return ruleSettingsOf(mapping).flatMap(({ path: root, settings }) => {
    const parsed = ruleSettingsSchema.safeParse(settings);
    if (!parsed.success) return problemsOf(parsed.error, ruleSettingsSchema, root);
    const { topic, value } = parsed.data;
    return [
      ...protoProblems(propertyOf(settings, 'headers'), `${root}.headers`),
      ...topicProblems(topic, `${root}.topic`, known),
      ...tombstoneProblems(parsed.data, root, known),
      ...(base && value ? valueProblems(merged(base, value), `${root}.value`) : []),
      ...tlsProblems(value?.registry?.ssl, `${root}.value.registry.ssl`),
    ];
  });
}

function topicProblems(
  topic: TopicSetting | undefined,
  path: string,
  { deadLetter, allowAutoTopicCreation }: Partial<Facts>,
): Problem[] {
  if (topic === undefined) return [];
  const mixed = deadLetter && admits(topic, deadLetter.topic);
  return [
    ...(mixed ? [{ path, say: mixedWithDeadLetters(topic, deadLetter.topic) }] : []),
    ...(allowAutoTopicCreation === true && prefixOf(topic) !== undefined
      ? [{ path: `${path}.prefix`, say: createsTopics }]
      : []),
  ];
}

function mixedWithDeadLetters(topic: TopicSetting, deadLetterTopic: string): string {
  const same = typeof topic === 'string' ? 'is' : 'may give';
  return `${same} "${deadLetterTopic}", the same as settings.deadLetter.topic: events and refused records would mix; name another topic`;
}

function tombstoneProblems(rule: ParsedRule, root: string, known: Partial<Facts>): Problem[] {
  if (!rule.tombstone) return [];
  const keyIsKnown = rule.key !== undefined || 'key' in known;
  const key = rule.key ?? known.key;
  const problems: Problem[] = [];
  if (keyIsKnown && (key === undefined || key === false)) {
    const say = `needs a key, and ${key === false ? 'key is false' : 'none is set'}: without one it would erase the name of the event; set key, for example "user.id"`;
    problems.push({ path: `${root}.tombstone`, say });
  }
  if (rule.value !== undefined)
    problems.push({
      path: `${root}.value`,
      say: 'says nothing beside tombstone, which writes no value: remove one',
    });
  return problems;
}

export interface DeclaredTopic {
  readonly topic: string;
  readonly path: string;
}

/** Those of the settings, of mapping rules and of dead letters, in this order. What a prefix allows is not known. */
export function declaredTopics(
  { topic, deadLetter }: Pick<Options, 'topic' | 'deadLetter'>,
  mapping: unknown,
): DeclaredTopic[] {
  return [
    ...declaredBy(topic, 'settings.kafka.topic'),
    ...rules(mapping).flatMap(({ own, path }) =>
      own.topic === undefined ? [] : declaredBy(own.topic, `${path}.topic`),
    ),
    ...(deadLetter ? [{ topic: deadLetter.topic, path: 'settings.deadLetter.topic' }] : []),
  ];
}

function declaredBy(setting: TopicSetting, path: string): DeclaredTopic[] {
  if (typeof setting === 'string') return [{ topic: setting, path }];
  return setting.topics.map((topic, index) => ({ topic, path: `${path}.topics[${index}]` }));
}

/** Of the settings and of mapping rules, each once. */
export function declaredPrefixes({ topic }: Pick<Options, 'topic'>, mapping: unknown): string[] {
  const prefixes = topicSettings(topic, mapping).map(prefixOf);
  return [...new Set(prefixes)].filter((prefix) => prefix !== undefined);
}

/** Whether the settings, or a mapping rule, write events to a topic: that of a prefix included. */
export function writesTo(main: TopicSetting, mapping: unknown): (topic: string) => boolean {
  const settings = topicSettings(main, mapping);
  return (topic) => settings.some((setting) => admits(setting, topic));
}

function topicSettings(main: TopicSetting, mapping: unknown): TopicSetting[] {
  return [main, ...rules(mapping).map(({ own: { topic = main } }) => topic)];
}

/** The settings of every rule that are right. `own`: as they are parsed. */
function rules(mapping: unknown): (RuleSettingsAt & { readonly own: ParsedRule })[] {
  return ruleSettingsOf(mapping).flatMap((at) => {
    const { data: own } = ruleSettingsSchema.safeParse(at.settings);
    return own ? [{ ...at, own }] : [];
  });
}

/** The settings of every rule that writes values, and its own topic. */
export function ruleValues(mapping: unknown): { settings: unknown; topic: TopicSetting | undefined }[] {
  return rules(mapping)
    .filter(({ own }) => !own.tombstone)
    .map(({ settings, own: { topic } }) => ({ settings, topic }));
}

/** Where the settings of a rule stand, such as `mapping.order.complete.settings`. */
export function rulePaths(mapping: unknown): (settings: object) => string {
  const paths = new Map(ruleSettingsOf(mapping).map(({ path, settings }) => [settings, path]));
  return (settings) => paths.get(settings) ?? 'mapping.<entity>.<action>.settings';
}

/** walkerOS takes one rule or several (the first whose condition holds) for each action of an entity. */
function ruleSettingsOf(mapping: unknown): RuleSettingsAt[] {
  return entriesOf(mapping).flatMap(([entity, actions]) =>
    entriesOf(actions).flatMap(([action, rules]) =>
      [rules].flat().flatMap((rule: unknown, index) => {
        const settings = propertyOf(rule, 'settings');
        const place = Array.isArray(rules) ? [entity, action, index] : [entity, action];
        return settings === undefined
          ? []
          : [{ path: pathText('mapping', [...place, 'settings']), settings }];
      }),
    ),
  );
}

export interface NamedRegistry {
  readonly facts: RegistryFacts;
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
  const general = { settings: undefined, topic: main };
  const found = new Map<RegistryFacts, NamedRegistry & { readonly uses: RegistryUse[] }>();
  for (const { settings, topic = main } of [general, ...ruleValues(mapping)]) {
    const value = valueOf(settings);
    if (!('registry' in value)) continue;
    const named = found.get(value.registry) ?? { facts: value.registry, uses: [] };
    found.set(value.registry, named);
    for (const one of topicsOf(topic))
      if (!named.uses.some((use) => use.topic === one && use.value === value))
        named.uses.push({ topic: one, value });
  }
  return [...found.values()];
}
