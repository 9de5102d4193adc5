import { createAdmin } from './client/create.ts';
import { clientOptions } from './client-options.ts';
import type { SetupPlan } from './options/resolve-setup.ts';
import type { Options } from './options/resolve.ts';
import { Registry } from './registry/registry.ts';
import type { SetupLog } from './setup/log.ts';
import { runSetup, type SetupResult } from './setup/setup.ts';

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
    return await runSetup(plan, admin, plan.schema && new Registry(plan.schema.registry), log);
  } finally {
    await admin.close();
  }
}
