import type { TopicSpec } from '../model/topic.ts';
import { printableLog, type SetupLog } from './log.ts';
import { provisionSchema, type SchemaDeclaration, type Schemas } from './schema.ts';
import { provisionTopic, type Topics } from './topics.ts';

/** What `walkeros setup --json` prints. */
export interface SetupResult {
  /** Whether any topic was created just now. */
  readonly topicCreated: boolean;
  readonly schemaRegistered: boolean;
}

export interface SetupPlan {
  readonly topics: readonly TopicSpec[];
  readonly schema: SchemaDeclaration | undefined;
  readonly validateOnly: boolean;
}

export const nothingDone: SetupResult = { topicCreated: false, schemaRegistered: false };

/** Topics first, one after another, then the schema: a second run takes up where a first one failed. */
export async function runSetup(
  { topics: declared, schema, validateOnly }: SetupPlan,
  topics: Topics,
  schemas: Schemas | undefined,
  logger: SetupLog,
): Promise<SetupResult> {
  const log = printableLog(logger);
  let topicCreated = false;
  for (const topic of declared) {
    const created = await provisionTopic(topic, validateOnly, topics, log);
    topicCreated ||= created;
  }
  const schemaRegistered =
    schema !== undefined &&
    schemas !== undefined &&
    (await provisionSchema(schema, validateOnly, schemas, log));
  const result = { topicCreated, schemaRegistered };
  // The walkerOS CLI prints the result only with --json.
  log.info(JSON.stringify(result));
  return result;
}
