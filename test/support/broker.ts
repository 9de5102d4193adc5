import { randomBytes } from 'node:crypto';
import { startKafka } from '../../scripts/kafka/launch.ts';
import { createTopic, type TopicOptions } from '../../scripts/kafka/topics.ts';

/** How scripts/test.ts tells the test processes about the cluster they share. */
export const sharedBrokerVariable = 'TEST_KAFKA';

export interface SharedBroker {
  readonly kind: 'external' | 'embedded' | 'container';
  readonly brokers: string[];
  /** Kafka's log folders on this machine, where it runs as a process of ours. */
  readonly dataDirs: string[];
}

let shared: Promise<SharedBroker> | undefined;

/**
 * The one-node Kafka that all tests share: the runner's, or, when a file is run alone, one that ends with this process.
 * Stop or slow only clusters of your own (`startKafka({ own: true })`).
 */
export const sharedBroker = (): Promise<SharedBroker> => (shared ??= findBroker());

async function findBroker(): Promise<SharedBroker> {
  const given = process.env[sharedBrokerVariable];
  if (given) return JSON.parse(given) as SharedBroker;
  return describeBroker(await startKafka());
}

/** The part of a cluster that can be passed to another process. */
export function describeBroker(cluster: Awaited<ReturnType<typeof startKafka>>): SharedBroker {
  const dataDirs = cluster.nodes.flatMap(({ dataDir }) => dataDir ?? []);
  return { kind: cluster.kind, brokers: cluster.brokers, dataDirs };
}

/** A topic that no other test has: made on the shared broker, or on the given one. */
export async function freshTopic(
  prefix: string,
  options: TopicOptions & { readonly brokers?: readonly string[] } = {},
): Promise<string> {
  const topic = freshName(prefix);
  await createTopic(options.brokers ?? (await sharedBroker()).brokers, topic, options);
  return topic;
}

/** A name that no other test has, for a topic that the test wants to be missing. */
export const freshName = (prefix: string): string => `${prefix}-${randomBytes(4).toString('hex')}`;
