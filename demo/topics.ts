import { ListOffsetTimestamps } from '@platformatic/kafka';
import { withAdmin } from '../scripts/kafka/admin.ts';
import type { KafkaCluster } from '../scripts/kafka/cluster.ts';
import { createTopic, describeTopic } from '../scripts/kafka/topics.ts';

/** Names of the demo's own, for with `KAFKA_BROKERS` they are made on somebody's cluster. */
export const eventsTopic = 'demo-events';
export const ordersTopic = 'demo-orders';
export const deadLetterTopic = 'demo-dead-letters';
export const topics = [eventsTopic, ordersTopic, deadLetterTopic] as const;

/** Made by hand only: until then, what goes there shows what becomes of an event whose topic is missing. */
export const missingTopic = 'demo-nowhere';

/** Of a record on our own broker, in bytes: below what HTTP takes, so that a click can make one that is too large. */
export const largestRecord = 256 * 1024;

interface Plan {
  readonly partitions: number;
  readonly config?: Readonly<Record<string, string>>;
}

const plans: Readonly<Record<(typeof topics)[number], Plan>> = {
  [eventsTopic]: { partitions: 3, config: { 'max.message.bytes': String(largestRecord) } },
  [ordersTopic]: { partitions: 3 },
  [deadLetterTopic]: { partitions: 1 },
};

export const makeMissingTopic = (brokers: readonly string[]): Promise<void> =>
  createTopic(brokers, missingTopic, { partitions: 1 });

/** For each topic and partition, the offset that the next record will get. */
export type Ends = ReadonlyMap<string, readonly number[]>;

/**
 * Makes the topics that are missing, and says where they end: what stands before that is from an earlier run.
 * @throws Error with one sentence when the cluster cannot be reached, or does not let us
 */
export async function provision({ kind, direct }: KafkaCluster): Promise<Ends> {
  try {
    await Promise.all(topics.map((topic) => ensure(direct, topic, kind)));
    return await endsOf(direct);
  } catch (error) {
    const wayOut = 'See that it runs and lets you create topics, or correct KAFKA_BROKERS, or unset it';
    if (kind !== 'external') throw error;
    throw new Error(
      `Kafka at ${direct.join(',')} (KAFKA_BROKERS) cannot be used: ${reasonOf(error)}. ` +
        `${wayOut}: then npm start brings a Kafka of its own.`,
      { cause: error },
    );
  }
}

async function ensure(
  brokers: readonly string[],
  topic: (typeof topics)[number],
  kind: KafkaCluster['kind'],
): Promise<void> {
  if (await describeTopic(brokers, topic)) return;
  const { partitions, config } = plans[topic];
  try {
    await createTopic(brokers, topic, { partitions, ...(kind !== 'external' && config && { config }) });
  } catch (error) {
    // Another demo on the same cluster may have been quicker.
    if (!(await describeTopic(brokers, topic))) throw error;
  }
}

export function endsOf(brokers: readonly string[]): Promise<Ends> {
  return withAdmin(brokers, async (admin) => {
    const metadata = await admin.metadata({ topics: [...topics], forceUpdate: true });
    const asked = topics.map((name) => ({
      name,
      partitions: (metadata.topics.get(name)?.partitions ?? []).map((_, partitionIndex) => ({
        partitionIndex,
        timestamp: ListOffsetTimestamps.LATEST,
      })),
    }));
    // In the order in which they are named here, which is the one they are shown in.
    const ends = new Map<string, number[]>(topics.map((name) => [name, []]));
    for (const { name, partitions } of await admin.listOffsets({ topics: asked })) {
      const offsets: number[] = [];
      for (const { partitionIndex, offset } of partitions) offsets[partitionIndex] = Number(offset);
      ends.set(name, offsets);
    }
    return ends;
  });
}

/** How many records came between two looks at the ends. */
export function grown(before: Ends, after: Ends): number {
  let records = 0;
  for (const [topic, offsets] of after) {
    offsets.forEach((offset, partition) => (records += offset - (before.get(topic)?.[partition] ?? 0)));
  }
  return records;
}

/** Clients wrap the error of the socket several times over; the innermost says what is the matter. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message.replace(/\.$/, '');
}
