import type { RegistryFacts } from '../../config/registry-facts.ts';
import { resolveSetup, valuePlans, type ValuePlan } from '../../config/resolve-setup.ts';
import type { SchemaOptions } from '../../config/resolve-value.ts';
import type { Options } from '../../config/resolve.ts';
import { ruleSettingsSchema } from '../../config/schema.ts';
import { topicsOf } from '../../record/settings.ts';
import { KafkaError, kafkaErrorOf, reasonOf } from '../../model/errors.ts';
import { memo } from '../../model/memo.ts';
import type { Schema, SchemaType } from '../../model/schema.ts';
import type { Registry } from '../../schema/registry/registry.ts';
import { schemaChoice, triedWriter, unregistered, type Schemas } from '../../schema/schema-writer.ts';
import { ValidationError } from '../../schema/validation-error.ts';
import { declaredBySetup, declaredByValues, registriesByUrl, type Declared } from '../../setup/declared.ts';
import { optionsOf, type FlowRequest } from '../flow/configured.ts';
import { findDestination, type DestinationConfig } from '../flow/destination.ts';
import { readFlowFile } from '../flow/flow-file.ts';
import { exampleEvents, mapEvent, type NamedEvent } from './events.ts';

export interface SchemaCheckRequest extends FlowRequest {
  /** Beside the flow's step examples. */
  readonly events: AsyncIterable<NamedEvent>;
  readonly signal: AbortSignal;
}

/** `unknown`: the registry could not be asked. */
export type Status = 'ok' | 'break' | 'unknown';

/** A schema that the flow writes with, against what its registry has. */
export interface SubjectFinding {
  readonly subject: string;
  /** Whose values are written with it; empty for that of `setup.schemaRegistry`. */
  readonly topics: readonly string[];
  readonly schemaType: SchemaType;
  readonly status: Status;
  readonly message: string;
  /** Why it is not compatible, as the registry says it. */
  readonly reasons: readonly string[];
}

export interface EventBreak {
  /** `example "refund"`, or `events.ndjson:3`. */
  readonly from: string;
  readonly event: string;
  readonly topic: string | undefined;
  readonly reason: string;
}

export interface SchemaCheck {
  readonly status: Status;
  readonly subjects: readonly SubjectFinding[];
  readonly events: {
    readonly ok: number;
    /** That the flow ignores, or writes without a schema, or whose schema only the registry has. */
    readonly skipped: number;
    readonly broken: number;
    /** The first hundred. */
    readonly breaks: readonly EventBreak[];
  };
}

/** A file of events may break in every line. */
const mostBreaks = 100;

/**
 * What would break if the flow were deployed: schemas that are not compatible with what is registered, and events that do not fit
 * theirs. Writes nothing, neither to Kafka nor to a registry.
 * @throws KafkaError FLOW_INVALID, SETTINGS_INVALID
 */
export async function checkSchemas(request: SchemaCheckRequest): Promise<SchemaCheck> {
  const { path, environment, login, signal } = request;
  const found = findDestination(await readFlowFile(path), request.destination, environment, login);
  const { id, config } = found;
  const { mapping } = config;
  const options = optionsOf(found, request);
  const plan = resolveSetup(config.setup, options, { id, mapping })?.plan;
  const registryOf = registriesByUrl({ closing: signal, retries: 1 });
  const subjects = new Map<string, SubjectFinding>();
  const add = (finding: SubjectFinding): void => {
    const key = JSON.stringify({ ...finding, topics: [] });
    const topics = [...(subjects.get(key)?.topics ?? []), ...finding.topics];
    subjects.set(key, { ...finding, topics });
  };
  if (plan?.schema !== undefined) {
    const { registry, schemaType } = plan.schema;
    const declared = declaredBySetup(plan.schema);
    const asked = registryOf(registry);
    add({ subject: declared.subject, topics: [], schemaType, ...(await compare(declared, asked)) });
  }
  const uses = plan?.values ?? valuePlans(options, mapping);
  for (const use of uses) add(await examine(use, registryOf(use.value.registry)));
  const findings = [...subjects.values()];
  const unknown = new Set(findings.filter((one) => one.status === 'unknown').flatMap((one) => one.topics));
  const events = await tryEvents(
    allEvents(found.examples, request.events),
    config,
    options,
    (topic, facts) => (unknown.has(topic) ? nobody : registryOf(facts)),
  );
  const status =
    events.broken > 0 || findings.some((one) => one.status === 'break')
      ? 'break'
      : findings.some((one) => one.status === 'unknown')
        ? 'unknown'
        : 'ok';
  return { status, subjects: findings, events };
}

type Verdict = Pick<SubjectFinding, 'status' | 'message' | 'reasons'>;

async function examine(use: ValuePlan, registry: Registry): Promise<SubjectFinding> {
  const { topic, value } = use;
  const { schemaType } = schemaChoice(value);
  const base = { topics: [topic], schemaType };
  let declared: Declared;
  try {
    declared = await declaredByValues(use);
  } catch (thrown) {
    return { ...base, subject: `${topic}-value`, ...verdictOf(thrown) };
  }
  const { subject } = declared;
  const verdict = await compare(declared, registry);
  if (verdict.status !== 'ok') return { ...base, subject, ...verdict };
  // What else keeps the first event from being written: rules of the schema, another type of the newest version.
  const { lastError } = await triedWriter(topic, value, allRegistered(registry));
  return { ...base, subject, ...(lastError === undefined ? verdict : verdictOf(lastError)) };
}

async function compare({ subject, schema }: Declared, registry: Registry): Promise<Verdict> {
  try {
    if (schema === undefined) {
      const latest = await registry.latest(subject);
      if (latest === undefined)
        return broken('no version is registered, and values are written with the latest');
      return fine(`the latest is version ${latest.version}, id ${latest.id}`);
    }
    const found = await registry.find(subject, schema);
    if (found !== undefined) return fine(`registered, version ${found.version}, id ${found.id}`);
    const reasons = await registry.incompatibilities(subject, schema);
    if (reasons.length > 0) return broken('not compatible with what is registered', reasons);
    return fine('not registered yet, and compatible');
  } catch (thrown) {
    return verdictOf(thrown);
  }
}

const fine = (message: string): Verdict => ({ status: 'ok', message, reasons: [] });
const broken = (message: string, reasons: readonly string[] = []): Verdict => ({
  ...{ status: 'break', message, reasons },
});

function verdictOf(thrown: unknown): Verdict {
  const { code, message } = kafkaErrorOf(thrown);
  return { status: code.startsWith('REGISTRY_') ? 'unknown' : 'break', message, reasons: [] };
}

/** In place of a registry that could not be asked: it is not asked again for each topic. */
const nobody = { latest: () => Promise.resolve(undefined), latestRules: () => Promise.resolve(undefined) };

/** A registry that takes any schema of the settings for registered. */
function allRegistered(registry: Pick<Registry, 'latest' | 'latestRules'>): Schemas {
  const registered = (subject: string, schema: Schema) =>
    Promise.resolve({ ...schema, ...unregistered, subject });
  return {
    find: registered,
    register: registered,
    latest: (subject) => registry.latest(subject),
    latestRules: (subject) => registry.latestRules(subject),
  };
}

async function* allEvents(examples: unknown, others: AsyncIterable<NamedEvent>) {
  yield* exampleEvents(examples);
  yield* others;
}

async function tryEvents(
  events: AsyncIterable<NamedEvent>,
  config: DestinationConfig,
  options: Options,
  registryOf: (topic: string, facts: RegistryFacts) => Pick<Registry, 'latest' | 'latestRules'>,
): Promise<SchemaCheck['events']> {
  const writersOf = memo((value: SchemaOptions) =>
    memo((topic: string) => triedWriter(topic, value, allRegistered(registryOf(topic, value.registry)))),
  );
  const breaks: EventBreak[] = [];
  let [ok, skipped, brokenEvents] = [0, 0, 0];
  const fail = (one: EventBreak): void => {
    brokenEvents += 1;
    if (breaks.length < mostBreaks) breaks.push(one);
  };
  for await (const { from, event: given } of events) {
    const mapped = await mapEvent(given, config);
    if ('fault' in mapped) {
      fail({ from, event: mapped.name, topic: undefined, reason: mapped.fault });
      continue;
    }
    const { name: event, settings } = mapped;
    const value = options.valueOf(settings);
    const rule = ruleSettingsSchema.safeParse(settings).data;
    if (mapped.ignored || rule?.tombstone || !('registry' in value)) {
      skipped += 1;
      continue;
    }
    let written = true;
    let broken: EventBreak | undefined;
    // Which of several topics its mapping value gives is not asked: the event has to fit all of them.
    for (const topic of topicsOf(rule?.topic ?? options.topic)) {
      const writer = await writersOf(value)(topic);
      try {
        if (writer.write(mapped.value, `event "${event}"`) === undefined) written = false;
      } catch (thrown) {
        const { code, cause } = thrown instanceof KafkaError ? thrown : {};
        const reason = cause instanceof ValidationError ? placeOf(cause) : reasonOf(thrown);
        // Why there is no schema stands with its subject.
        if (code !== 'VALUE_INVALID') written = false;
        else broken ??= { from, event, topic, reason };
      }
    }
    if (broken !== undefined) fail(broken);
    else if (written) ok += 1;
    else skipped += 1;
  }
  return { ok, skipped, broken: brokenEvents, breaks };
}

const placeOf = ({ path, reason }: ValidationError): string =>
  `${path === '' ? 'the value' : path} ${reason}`;
