import { createAdmin } from '../transport/create.ts';
import { clientOptions } from '../transport/client-options.ts';
import type { SchemaPlan, SetupPlan } from '../config/resolve-setup.ts';
import type { Options } from '../config/resolve.ts';
import { Registry } from '../schema/registry/registry.ts';
import type { SetupLog } from './log.ts';
import type { Schemas } from './schema.ts';
import { runSetup, type SetupResult } from './setup.ts';
import { readyMade } from '../config/value-rules.ts';
import { checkSchema } from '../schema/check.ts';
import { walkerosEventSchemas } from '../schema/walkeros-event/schemas.ts';

/** No event waits for setup, and a large cluster may take its time over a topic. Milliseconds. */
const patience = { ackTimeout: 30_000, requestTimeout: 35_000 };

/** Carries out `config.setup`, on connections of its own that are closed at the end. */
export async function provision(plan: SetupPlan, options: Options, log: SetupLog): Promise<SetupResult> {
  const admin = await createAdmin(options.client, {
    ...clientOptions(options.connection),
    ...patience,
    // Or a broker would create each missing topic with its own defaults as soon as it is looked for.
    autoCreateTopics: false,
  });
  try {
    return await runSetup(
      { ...plan, schema: plan.schema && complete(plan.schema) },
      admin,
      schemasOf(plan),
      log,
    );
  } finally {
    await admin.close();
  }
}

/** The ready-made schema goes by its name until here. */
function complete(plan: SchemaPlan): SchemaPlan {
  return plan.schema === readyMade ? { ...plan, schema: walkerosEventSchemas[plan.schemaType] } : plan;
}

function schemasOf({ schema }: SetupPlan): Schemas | undefined {
  if (schema === undefined) return undefined;
  const registry = new Registry(schema.registry);
  return {
    check: checkSchema,
    find: (subject, wanted) => registry.find(subject, wanted),
    register: (subject, wanted) => registry.register(subject, wanted),
    incompatibilities: (subject, wanted) => registry.incompatibilities(subject, wanted),
    latestRules: (subject) => registry.latestRules(subject),
    setCompatibility: (subject, level) => registry.setCompatibility(subject, level),
  };
}
