import { KafkaError } from '../model/errors.ts';
import { isObject, propertyOf } from '../model/foreign.ts';
import type { Compatibility, Schema } from '../model/schema.ts';
import type { TopicSpec } from '../model/cluster.ts';
import { countOf, problemsOf, sentenceOf, type Problem } from './problems.ts';
import { declaredTopics, valueRegistries, type RegistryUse } from './mapping.ts';
import { mainTopic } from '../record/settings.ts';
import { withCodeNotRun } from './mapping-values.ts';
import type { Options } from './options.ts';
import { registryFacts, registryWarnings, type RegistryFacts } from './registry-facts.ts';
import { tlsProblems } from './tls.ts';
import { setupSchema, type ParsedSetup } from './setup-schema.ts';
import { contractProblems, schemaOf } from './value-rules.ts';

type TopicOptions = Pick<Options, 'topic' | 'deadLetter' | 'valueOf'>;

/** What `config.setup` asks for, complete and checked. Times in ms. */
export interface SetupPlan {
  /** The first is the main one. */
  readonly topics: readonly TopicSpec[];
  readonly schema: SchemaPlan | undefined;
  readonly values: readonly ValuePlan[];
  readonly validateOnly: boolean;
}

/** `schema` is text, or the name of the ready-made one. */
export interface SchemaPlan extends Schema {
  readonly registry: RegistryFacts;
  readonly subject: string;
  readonly compatibility: Compatibility | undefined;
}

export interface ValuePlan extends RegistryUse {
  readonly compatibility: Compatibility | undefined;
}

export interface ResolvedSetup {
  readonly plan: SetupPlan;
  /** Sentences to log: topics that events go to and setup does not cover, and what is unsafe about the registry. */
  readonly warnings: string[];
}

/** Said whenever one of them is missing, so that nobody has to run the command twice to learn of the other. */
const requirement =
  'Required are numPartitions and replicationFactor: Kafka has no safe default for either. ' +
  'For example: "setup": { "numPartitions": 6, "replicationFactor": 3 }';

/**
 * Turns `config.setup` into a plan, or says all that is wrong with it at once. Undefined: nothing was asked for.
 * @param context of the destination: its id, and its `config.mapping`, whose rules name topics
 * @throws KafkaError SETTINGS_INVALID, one problem a line; no secret is in it.
 */
export function resolveSetup(
  written: unknown,
  options: TopicOptions,
  { id, mapping }: { readonly id: string; readonly mapping?: unknown },
): ResolvedSetup | undefined {
  const setup = withCodeNotRun(written);
  if (setup === undefined || setup === null || setup === false) return undefined;
  const title = `walkeros setup destination.${id} cannot run`;
  if (setup === true) {
    throw new KafkaError(
      'SETTINGS_INVALID',
      `${title}: config.setup is true, which says too little. ${requirement}`,
    );
  }
  const parsed = setupSchema.safeParse(setup);
  const declared = declaredRegistry(setup);
  const problems = [
    ...(parsed.success ? [] : problemsOf(parsed.error, setupSchema, 'setup')),
    ...tlsProblems(declared?.ssl, `${registryPath}.ssl`),
    ...(declared ? contractProblems(declared, `${registryPath}.schema`) : []),
  ];
  if (!parsed.success || problems.length > 0) {
    const incomplete = parsed.error?.issues.some(({ path: [field] }) => required.has(field));
    const lines = [`${title}: ${countOf(problems)} in config.setup`, ...problems.map(sentenceOf)];
    throw new KafkaError('SETTINGS_INVALID', incomplete === true ? [...lines, requirement] : lines);
  }
  const plan = planOf(parsed.data, options, mapping);
  const ofRegistry = plan.schema ? registryWarnings(plan.schema.registry) : [];
  const warnings = [
    ...uncovered(plan, options, mapping),
    ...idleCompatibilities(parsed.data, plan),
    ...ofRegistry,
  ];
  return { plan, warnings: warnings.map(sentenceOf) };
}

const registryPath = 'setup.schemaRegistry';

/** The registry that a setup names, whatever else it lacks. Undefined: none that can be asked. */
export function setupRegistry(setup: unknown): RegistryFacts | undefined {
  const declared = declaredRegistry(setup);
  return declared && registryFacts(declared, registryPath);
}

/** How many partitions a setup gives a topic, if there is nothing wrong with it. */
export function setupPartitions(
  setup: unknown,
  options: TopicOptions,
): (topic: string) => number | undefined {
  const parsed = setupSchema.safeParse(setup).data;
  const topics = parsed && planOf(parsed, options, undefined).topics;
  return (topic) => topics?.find(({ name }) => name === topic)?.numPartitions;
}

/** The topics that a setup names, whatever else it lacks. */
export function setupTopics(setup: unknown): string[] {
  const main = propertyOf(setup, 'topic');
  const others = propertyOf(setup, 'topics');
  const names = isObject(others) ? Object.keys(others) : [];
  return typeof main === 'string' ? [main, ...names] : names;
}

function declaredRegistry(setup: unknown): ParsedSetup['schemaRegistry'] {
  return setupSchema.shape.schemaRegistry.safeParse(propertyOf(setup, 'schemaRegistry')).data;
}

const required: ReadonlySet<unknown> = new Set(['numPartitions', 'replicationFactor', undefined]);

function planOf(setup: ParsedSetup, options: TopicOptions, mapping: unknown): SetupPlan {
  const { numPartitions, replicationFactor, configEntries = {}, schemaRegistry, validateOnly } = setup;
  const main = setup.topic ?? mainTopic(options.topic);
  const named = new Map<string, NonNullable<ParsedSetup['topics']>[string]>(
    Object.entries({ [main]: {}, ...setup.topics }),
  );
  const topics = [...named].map(([name, own]): TopicSpec => ({
    name,
    numPartitions: own.numPartitions ?? numPartitions,
    replicationFactor: own.replicationFactor ?? replicationFactor,
    configEntries: own.configEntries ?? configEntries,
  }));
  const isMain = ({ name }: TopicSpec): boolean => name === main;
  return {
    topics: [...topics.filter(isMain), ...topics.filter((topic) => !isMain(topic))],
    schema: schemaRegistry && schemaPlanOf(schemaRegistry),
    values: valuePlans(options, mapping, setup),
    validateOnly,
  };
}

/** The schemas that values are written with, topic by topic. */
export function valuePlans(options: TopicOptions, mapping: unknown, setup?: ParsedSetup): ValuePlan[] {
  return valueRegistries(options, mapping).flatMap(({ uses }) =>
    uses.map((use): ValuePlan => {
      const compatibility = setup?.topics?.[use.topic]?.compatibility ?? setup?.compatibility;
      return { ...use, compatibility };
    }),
  );
}

function schemaPlanOf(declared: NonNullable<ParsedSetup['schemaRegistry']>): SchemaPlan {
  const { subject, schemaType, schema, compatibility } = declared;
  const registry = registryFacts(declared, registryPath);
  return { registry, subject, schemaType, schema: schemaOf(schemaType, schema), compatibility };
}

/** Levels that no subject gets. */
function idleCompatibilities({ compatibility, topics = {} }: ParsedSetup, { values }: SetupPlan): Problem[] {
  const isWritten = (name: string): boolean => values.some(({ topic }) => topic === name);
  const idle = Object.entries(topics)
    .filter(([name, own]) => own.compatibility !== undefined && !isWritten(name))
    .map(([name]) => `topics.${name}.compatibility`);
  if (compatibility !== undefined && values.length === 0) idle.unshift('compatibility');
  const say =
    'has no effect: no event is written with a schema there; remove it, or set settings.value.format';
  return idle.map((path) => ({ path: `setup.${path}`, say }));
}

/** Events whose topic setup leaves out would find it missing, or made by the broker with its own defaults. */
function uncovered({ topics }: SetupPlan, options: TopicOptions, mapping: unknown): Problem[] {
  const missed = declaredTopics(options, mapping).filter(
    (target) => !topics.some(({ name }) => name === target.topic),
  );
  return [...Map.groupBy(missed, (target) => target.topic)].map(([name, [first, ...others]]) => ({
    path: [first, ...others].map((target) => target?.path).join(', '),
    say:
      `points at topic "${name}", which setup does not cover: it is neither created nor checked; ` +
      `add it to setup.topics, for example { ${JSON.stringify(name)}: {} }`,
  }));
}
