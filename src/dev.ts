import { z } from 'zod';
import * as examples from './examples/index.ts';
import { ruleSettingsSchema, settingsSchema } from './config/schema.ts';
import { setupSchema } from './config/setup-schema.ts';

/** What walkerOS' tools read: `walkeros validate`, its editor and its documentation. Draft 7, as they expect. */
export const schemas: Readonly<Record<'settings' | 'mapping' | 'setup', z.core.JSONSchema.JSONSchema>> = {
  settings: jsonSchema(settingsSchema),
  mapping: jsonSchema(ruleSettingsSchema),
  setup: jsonSchema(setupSchema),
};

/** The worked examples, and what `--simulate` uses. */
export { examples };
export { hints } from './examples/hints.ts';

/** `input`: settings as users write them, so that what has a default is not required. A function becomes `{}`. */
function jsonSchema(schema: z.core.$ZodType) {
  return z.toJSONSchema(schema, { target: 'draft-7', io: 'input', unrepresentable: 'any' });
}
