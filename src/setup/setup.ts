import { createAdmin } from '../transport/create.ts';
import { clientOptions } from '../transport/create.ts';
import type { SchemaPlan, SetupPlan } from '../config/resolve-setup.ts';
import type { Options } from '../config/options.ts';
import { readyMade } from '../config/value-rules.ts';
import { printable } from '../model/foreign.ts';
import { Registry } from '../schema/registry/registry.ts';
import { walkerosEventSchemas } from '../schema/walkeros-event/schemas.ts';
import { provisionSchema, type SetupRegistry } from './schema.ts';
import { provisionTopic, type SetupLog, type Topics } from './topics.ts';

/** What `walkeros setup --json` prints. */
export interface SetupResult {
  /** Whether any topic was created just now. */
  readonly topicCreated: boolean;
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
  const schema = plan.schema && withText(plan.schema);
  try {
    return await runSetup({ ...plan, schema }, admin, schema && new Registry(schema.registry), log);
  } finally {
    await admin.close();
  }
}

/** The ready-made schema goes by its name until here. */
function withText(plan: SchemaPlan): SchemaPlan {
  return plan.schema === readyMade ? { ...plan, schema: walkerosEventSchemas[plan.schemaType] } : plan;
}

/** Topics first, one after another, then the schema: a second run takes up where a first one failed. */
export async function runSetup(
  { topics: declared, schema, validateOnly }: SetupPlan,
  topics: Topics,
  registry: SetupRegistry | undefined,
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
  const schemaRegistered =
    schema !== undefined &&
    registry !== undefined &&
    (await provisionSchema(schema, validateOnly, registry, log));
  const result = { topicCreated, schemaRegistered };
  // The walkerOS CLI prints the result only with --json.
  log.info(JSON.stringify(result));
  return result;
}
