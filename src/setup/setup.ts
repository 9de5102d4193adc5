import { createAdmin } from '../transport/create.ts';
import { clientOptions } from '../transport/create.ts';
import type { RegistryFacts } from '../config/registry-facts.ts';
import type { SetupPlan } from '../config/resolve-setup.ts';
import type { Options } from '../config/options.ts';
import { readyMade } from '../config/value-rules.ts';
import { printable } from '../model/foreign.ts';
import { Registry } from '../schema/registry/registry.ts';
import { compiledChoice, subjectOf } from '../schema/schema-writer.ts';
import { schemaChoice } from '../schema/value-formats.ts';
import { walkerosEventSchemas } from '../schema/walkeros-event/schemas.ts';
import { provisionSchemas, type DeclaredSchema } from './schema.ts';
import { provisionTopic, type SetupLog, type Topics } from './topics.ts';

/** What `walkeros setup --json` prints. */
export interface SetupResult {
  /** Whether any topic was created just now. */
  readonly topicCreated: boolean;
  /** Whether any schema was registered just now. */
  readonly schemaRegistered: boolean;
}

export const nothingDone: SetupResult = { topicCreated: false, schemaRegistered: false };

/** No event waits for setup, and a large cluster may take its time over a topic. Milliseconds. */
const longTimeouts = { ackTimeout: 30_000, requestTimeout: 35_000 };

/** Carries out `config.setup`, on connections of its own that are closed at the end. */
export async function provision(plan: SetupPlan, options: Options, log: SetupLog): Promise<SetupResult> {
  const admin = await createAdmin(options.client, {
    ...clientOptions(options.connection),
    ...longTimeouts,
    // Or a broker would create each missing topic with its own defaults as soon as it is looked for.
    autoCreateTopics: false,
  });
  try {
    return await runSetup(plan, await schemasOf(plan), admin, log);
  } finally {
    await admin.close();
  }
}

/** Of the subject, and what it is to have, each once. */
async function schemasOf({ schema, values }: SetupPlan): Promise<DeclaredSchema[]> {
  const registries = new Map<string, Registry>();
  const declared = new Map<string, DeclaredSchema>();
  // The login of setup, which comes first, may register where that of the flow may not.
  const add = (facts: RegistryFacts, setting: string, one: Omit<DeclaredSchema, 'registry'>): void => {
    const place = facts.urls.join(' ');
    const registry = registries.get(place) ?? new Registry({ ...facts, setting });
    registries.set(place, registry);
    const key = JSON.stringify([place, one.subject, one.schema]);
    const known = declared.get(key);
    declared.set(key, { registry, ...one, compatibility: known?.compatibility ?? one.compatibility });
  };
  if (schema !== undefined) {
    const { registry, subject, schemaType, compatibility } = schema;
    const text = schema.schema === readyMade ? walkerosEventSchemas[schemaType] : schema.schema;
    add(registry, 'schemaRegistry', { subject, schema: { schemaType, schema: text }, compatibility });
  }
  for (const { topic, value, registry, path, compatibility } of values) {
    const choice = schemaChoice(value);
    const { schemaType, schema: text } = choice;
    const subject = subjectOf(topic, choice, (await compiledChoice(topic, choice))?.name);
    const own = choice.useLatestVersion ? undefined : { schemaType, schema: text };
    add(registry, path, { subject, schema: own, compatibility });
  }
  return [...declared.values()];
}

/** Topics first, one after another, then the schemas: a second run takes up where a first one failed. */
export async function runSetup(
  { topics: declared, validateOnly }: Pick<SetupPlan, 'topics' | 'validateOnly'>,
  schemas: readonly DeclaredSchema[],
  topics: Topics,
  logger: SetupLog,
): Promise<SetupResult> {
  // Brokers and registries must not add lines of their own to the log.
  const log: SetupLog = {
    info: (message) => logger.info(printable(message)),
    warn: (message) => logger.warn(printable(message)),
  };
  let topicCreated = false;
  for (const topic of declared) {
    const created = await provisionTopic(topic, validateOnly, topics, log);
    topicCreated ||= created;
  }
  const schemaRegistered = await provisionSchemas(schemas, validateOnly, log);
  const result = { topicCreated, schemaRegistered };
  // The walkerOS CLI prints the result only with --json.
  log.info(JSON.stringify(result));
  return result;
}
