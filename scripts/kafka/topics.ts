import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConfigResourceTypes,
  IncrementalAlterConfigOperationTypes,
  ListOffsetTimestamps,
  type Admin,
} from '@platformatic/kafka';
import { withAdmin } from './admin.ts';

export interface TopicOptions {
  /** Default 1. */
  readonly partitions?: number;
  /** Default: as many as the cluster's default.replication.factor. */
  readonly replicas?: number;
  readonly config?: Readonly<Record<string, string>>;
}

export interface PartitionState {
  /** Node id; -1 while there is none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

/** A broker that makes thousands of partitions at once answers nobody for a minute. */
const partitionsAtOnce = 500;

/** Makes a topic and waits until each partition has a leader. */
export async function createTopic(
  brokers: readonly string[],
  topic: string,
  { partitions = 1, replicas = -1, config = {} }: TopicOptions = {},
): Promise<void> {
  const configs = Object.entries(config).map(([name, value]) => ({ name, value }));
  const create = async (admin: Admin): Promise<void> => {
    const first = Math.min(partitions, partitionsAtOnce);
    await admin.createTopics({ topics: [topic], partitions: first, replicas, configs });
    await untilLed(admin, topic, first);
    for (let count = first; count < partitions;) {
      count = Math.min(partitions, count + partitionsAtOnce);
      await grow(admin, topic, count);
    }
  };
  // A request that was given up may have made it, and could not be sent again.
  await withAdmin(brokers, create, { requestTimeout: 30_000 });
}

export async function deleteTopic(brokers: readonly string[], topic: string): Promise<void> {
  await withAdmin(brokers, (admin) => admin.deleteTopics({ topics: [topic] }));
}

/** Its partitions, in order; undefined when there is no such topic. */
export function describeTopic(
  brokers: readonly string[],
  topic: string,
): Promise<PartitionState[] | undefined> {
  return withAdmin(brokers, (admin) => partitionsOf(admin, topic));
}

export async function growTopic(
  brokers: readonly string[],
  topic: string,
  partitions: number,
): Promise<void> {
  await withAdmin(brokers, (admin) => grow(admin, topic, partitions));
}

async function grow(admin: Admin, topic: string, count: number): Promise<void> {
  await admin.createPartitions({ topics: [{ name: topic, count, assignments: null }] });
  await untilLed(admin, topic, count);
}

/** Sets the given configuration entries and leaves the others. */
export async function alterTopic(
  brokers: readonly string[],
  topic: string,
  config: Readonly<Record<string, string>>,
): Promise<void> {
  const configs = Object.entries(config).map(([name, value]) => ({
    name,
    value,
    configOperation: IncrementalAlterConfigOperationTypes.SET,
  }));
  const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configs };
  await withAdmin(brokers, (admin) => admin.incrementalAlterConfigs({ resources: [resource] }));
}

/** The configuration of a topic, defaults included. */
export function topicConfig(brokers: readonly string[], topic: string): Promise<Record<string, string>> {
  return withAdmin(brokers, async (admin) => {
    const resource = {
      resourceType: ConfigResourceTypes.TOPIC,
      resourceName: topic,
      configurationKeys: null,
    };
    const [described] = await admin.describeConfigs({ resources: [resource] });
    return Object.fromEntries((described?.configs ?? []).map(({ name, value }) => [name, value ?? '']));
  });
}

/** How many records each partition holds, by its offsets: compacted and transactional ones count what is not there. */
export function recordCounts(brokers: readonly string[], topic: string): Promise<number[]> {
  return withAdmin(brokers, async (admin) => {
    const partitions = await partitionsOf(admin, topic);
    if (!partitions) throw new Error(`There is no topic ${topic}`);
    const [first, end] = [
      await offsets(admin, topic, partitions.length, ListOffsetTimestamps.EARLIEST),
      await offsets(admin, topic, partitions.length, ListOffsetTimestamps.LATEST),
    ];
    return end.map((offset, partition) => Number(offset - (first[partition] ?? 0n)));
  });
}

async function offsets(admin: Admin, name: string, count: number, timestamp: bigint): Promise<bigint[]> {
  const partitions = Array.from({ length: count }, (_, partitionIndex) => ({ partitionIndex, timestamp }));
  const [topic] = await admin.listOffsets({ topics: [{ name, partitions }] });
  const sorted = [...(topic?.partitions ?? [])].sort((a, b) => a.partitionIndex - b.partitionIndex);
  return sorted.map(({ offset }) => offset);
}

async function untilLed(admin: Admin, topic: string, count: number): Promise<void> {
  // A broker syncs a file for each of them: a disk that others use as well took 24 ms for one.
  const limit = 15_000 + 40 * count;
  for (const deadline = Date.now() + limit; Date.now() < deadline; await sleep(20)) {
    // Metadata of a partition whose leader is being elected is an error.
    const partitions = await partitionsOf(admin, topic).catch(() => undefined);
    const led = partitions?.length === count && partitions.every(({ leader }) => leader >= 0);
    if (led && (await leadersAnswer(admin, topic, count))) return;
  }
  throw new Error(`Topic ${topic} has no leaders ${String(limit / 1_000)} s after it was made`);
}

/** Metadata names leaders some milliseconds before they take office: until then they say that they are none. */
async function leadersAnswer(admin: Admin, topic: string, count: number): Promise<boolean> {
  try {
    await offsets(admin, topic, count, ListOffsetTimestamps.LATEST);
    return true;
  } catch {
    return false;
  }
}

async function partitionsOf(admin: Admin, topic: string): Promise<PartitionState[] | undefined> {
  try {
    const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
    return metadata.topics
      .get(topic)
      ?.partitions.map(({ leader, replicas, isr }) => ({ leader, replicas, inSync: isr }));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error &&
  (error.message.startsWith('Unknown topic ') ||
    ('apiId' in error && error.apiId === 'UNKNOWN_TOPIC_OR_PARTITION') ||
    ('errors' in error && Array.isArray(error.errors) && error.errors.some(isMissing)) ||
    isMissing(error.cause));
