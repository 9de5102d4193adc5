import { createAdmin } from './client/create.ts';
import { clientOptions } from './client-options.ts';
import type { SchemaPlan, SetupPlan } from './options/resolve-setup.ts';
import type { Options } from './options/resolve.ts';
import { Registry } from './registry/registry.ts';
import type { SetupLog } from './setup/log.ts';
import type { Schemas } from './setup/schema.ts';
import { runSetup, type SetupResult } from './setup/setup.ts';
import { readyMade } from './options/value-rules.ts';
import { checkSchema } from './value/check.ts';
import { walkerosEventSchemas } from './value/walkeros-event/schemas.ts';

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
