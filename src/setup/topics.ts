import { KafkaError } from '../model/errors.ts';
import type { TopicConfig, TopicShape, TopicSpec } from '../model/topic.ts';
import { driftOf } from './drift.ts';
import type { SetupLog } from './log.ts';

/** What setup needs of a cluster; the client port's `Admin` is one. */
export interface Topics {
  describeTopic(topic: string): Promise<TopicShape | undefined>;
  createTopic(topic: TopicSpec, options: { readonly validateOnly: boolean }): Promise<boolean>;
  topicConfig(topic: string): Promise<TopicConfig>;
}

/**
 * Sees to it that a topic exists, and reports where an existing one is not as declared. It is never changed: more
 * partitions move keys, and other settings may delete data.
 * @returns whether it was created just now
 */
export async function provisionTopic(
  topic: TopicSpec,
  validateOnly: boolean,
  topics: Topics,
  log: SetupLog,
): Promise<boolean> {
  const shape = await describeIfAllowed(topic.name, topics);
  if (shape === undefined || shape instanceof KafkaError) {
    const isNew = await create(topic, validateOnly, topics, shape);
    if (isNew) {
      log.info(validateOnly ? `Would create ${sentenceOf(topic)}` : `Created ${sentenceOf(topic)}`);
      return !validateOnly;
    }
    // Somebody else was first, or we may not see what is there: then the drift cannot be told.
    if (shape instanceof KafkaError) throw shape;
  }
  await reportDrift(topic, shape, topics, log);
  return false;
}

/** Who may not see a topic may still be allowed to create it: the refusal is kept until that is known. */
async function describeIfAllowed(
  topic: string,
  topics: Topics,
): Promise<TopicShape | KafkaError | undefined> {
  try {
    return await topics.describeTopic(topic);
  } catch (failure) {
    if (failure instanceof KafkaError && failure.code === 'NOT_AUTHORIZED') return failure;
    throw failure;
  }
}

async function create(
  topic: TopicSpec,
  validateOnly: boolean,
  topics: Topics,
  unseen: KafkaError | undefined,
): Promise<boolean> {
  try {
    return await topics.createTopic(topic, { validateOnly });
  } catch (failure) {
    if (unseen === undefined || !(failure instanceof KafkaError) || failure.code !== 'NOT_AUTHORIZED')
      throw failure;
    // Two rights are missing: whoever grants them should hear of both at once.
    throw new KafkaError('NOT_AUTHORIZED', [failure.message, unseen.message], {
      topic: topic.name,
      kafkaCode: failure.kafkaCode,
    });
  }
}

async function reportDrift(
  topic: TopicSpec,
  known: TopicShape | undefined,
  topics: Topics,
  log: SetupLog,
): Promise<void> {
  const shape = known ?? (await topics.describeTopic(topic.name));
  if (shape === undefined) return;
  const declaresEntries = Object.keys(topic.configEntries).length > 0;
  const config: TopicConfig = declaresEntries ? await topics.topicConfig(topic.name) : new Map();
  const drifts = driftOf(topic, shape, config);
  // The values stand in the text, since the walkerOS CLI drops what stands beside it.
  for (const drift of drifts) log.warn(`setup.drift ${JSON.stringify(drift)}`);
  if (drifts.length === 0) log.info(`Kafka topic "${topic.name}" is there, as declared.`);
}

function sentenceOf({ name, numPartitions, replicationFactor }: TopicSpec): string {
  return `Kafka topic "${name}" with ${numPartitions} partitions, replication factor ${replicationFactor}.`;
}
