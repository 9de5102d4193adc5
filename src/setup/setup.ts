import { createAdmin } from '../transport/create.ts';
import type { SetupPlan } from '../config/resolve-setup.ts';
import type { Options } from '../config/options.ts';
import type { RegistryFacts } from '../config/registry-facts.ts';
import { printable } from '../model/foreign.ts';
import { declaredBySetup, declaredByValues, registriesByUrl, type Declared } from './declared.ts';
import { provisionSchemas, type DeclaredSchema } from './schema.ts';
import { provisionTopic, type SetupLog, type Topics } from './topics.ts';

/** What `walkeros setup --json` prints. */
export interface SetupResult {
  readonly topicCreated: boolean;
  readonly schemaRegistered: boolean;
}

export const nothingDone: SetupResult = { topicCreated: false, schemaRegistered: false };

/** No event waits for setup, and a large cluster may take its time over a topic. Milliseconds. */
const longTimeouts = { ackTimeout: 30_000, requestTimeout: 35_000 };

/** Carries out `config.setup`, on connections of its own that are closed at the end. */
export async function provision(plan: SetupPlan, options: Options, log: SetupLog): Promise<SetupResult> {
  const admin = await createAdmin(options.client, {
    ...options.connection,
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

/** All that setup provisions at registries, each once. */
async function schemasOf({ schema, values }: SetupPlan): Promise<DeclaredSchema[]> {
  const registryOf = registriesByUrl();
  const declared = new Map<string, DeclaredSchema>();
  const add = (facts: RegistryFacts, one: Declared): void => {
    const key = JSON.stringify([facts.urls, one.subject, one.schema]);
    const compatibility = declared.get(key)?.compatibility ?? one.compatibility;
    declared.set(key, { registry: registryOf(facts), ...one, compatibility });
  };
  if (schema !== undefined) add(schema.registry, declaredBySetup(schema));
  for (const use of values) add(use.value.registry, await declaredByValues(use));
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
