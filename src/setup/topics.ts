import { KafkaError } from '../model/errors.ts';
import type { TopicConfig, TopicShape, TopicSpec } from '../model/cluster.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Admin } from '../transport/port.ts';
import { plural } from '../model/plural.ts';

/** The part of walkerOS' logger that setup writes to. Values go into the text: the walkerOS CLI drops log contexts. */
export type SetupLog = Pick<Logger, 'info' | 'warn'>;

export type Topics = Omit<Admin, 'close'>;

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
  return `Kafka topic "${name}" with ${plural(numPartitions, 'partition')}, replication factor ${replicationFactor}.`;
}

/** Where a topic is not as declared. `actual` null: the broker knows no such setting, or keeps its value to itself. */
export interface Drift {
  readonly topic: string;
  readonly field: string;
  readonly declared: number | string;
  readonly actual: number | string | null;
}

/** Everything in which an existing topic differs from its declaration; what is not declared is not compared. */
export function driftOf(declared: TopicSpec, shape: TopicShape, config: TopicConfig): Drift[] {
  const topic = declared.name;
  const fields = ['numPartitions', 'replicationFactor'] as const;
  const ofShape = fields
    .filter((field) => declared[field] !== shape[field])
    .map((field) => ({ topic, field, declared: declared[field], actual: shape[field] }));
  const ofConfig = Object.entries(declared.configEntries)
    .map(([name, value]) => ({ name, value, actual: config.get(name) ?? null }))
    .filter(({ value, actual }) => actual === null || canonical(value) !== canonical(actual))
    .map(({ name, value, actual }) => ({ topic, field: `configEntries.${name}`, declared: value, actual }));
  return [...ofShape, ...ofConfig];
}

/** The broker writes values its own way: `TRUE` comes back as `true`, `0.0001` as `1.0E-4`, `compact, delete` without the space. */
function canonical(value: string): string {
  const text = value.trim();
  if (/^(true|false)$/i.test(text)) return text.toLowerCase();
  // Not as a number: the longest retention there is, 9223372036854775807, has more digits than fit.
  if (/^[+-]?\d+$/.test(text)) return BigInt(text.replace('+', '')).toString();
  // To the broker these are doubles, as they are here: the same one is the same setting.
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)) return String(Number(text));
  return text
    .split(',')
    .map((part) => part.trim())
    .join(',');
}
