import { startKafka } from '../../../scripts/kafka/launch.ts';
import { createTopic, describeTopic } from '../../../scripts/kafka/topics.ts';
import type { Progress } from '../../../scripts/kafka/progress.ts';
import { freshName } from '../../support/broker.ts';
import { eventually } from '../../support/eventually.ts';
import { openProxy } from '../../support/proxy.ts';
import type { Role, Scenario } from '../scenario.ts';
import { Broker } from './broker.ts';

/** Three brokers for all scenarios of a run, one after the other: to start them takes longer than many a scenario. */
export interface Stage {
  readonly brokers: readonly Broker[];
  /** For readers and tools: never disturbed by a proxy. */
  readonly direct: readonly string[];
  /** What a flow is given. */
  doors(scenario: Scenario): string[];
  /** Mends the brokers, and makes a topic that is in sync on all of them. */
  set(scenario: Scenario): Promise<Scene>;
  close(): Promise<void>;
}

/** A stage that is set for one scenario. */
export interface Scene {
  readonly topic: string;
  readonly roles: Readonly<Record<Role, Broker>>;
}

const replicas = 3;
const defaultPartitions = 6;

export async function openStage(onProgress?: Progress): Promise<Stage> {
  const proxies = await Promise.all([openProxy(), openProxy(), openProxy()]);
  const kafka = await startKafka({
    nodes: 3,
    own: true,
    listeners: [
      {
        name: 'PROXIED',
        protocol: 'PLAINTEXT',
        advertised: (id, port) => proxies[id - 1]?.inFrontOf(port) ?? '',
      },
    ],
    ...(onProgress && { onProgress }),
  });
  const brokers = kafka.nodes.flatMap((node, index) => {
    const proxy = proxies[index];
    return proxy ? [new Broker(node, proxy)] : [];
  });

  async function set({ topic: plan = {} }: Scenario): Promise<Scene> {
    await Promise.all(brokers.map((broker) => broker.recover()));
    const topic = freshName('chaos');
    await makeTopic(kafka.direct, topic, plan);
    const [first] = (await describeTopic(kafka.direct, topic)) ?? [];
    const leader = brokers.find(({ node }) => node.id === first?.leader);
    const [second, third] = brokers.filter((broker) => broker !== leader);
    if (!leader || !second || !third) throw new Error(`Partition 0 of ${topic} has no leader`);
    return { topic, roles: { leader, second, third } };
  }

  return {
    brokers,
    direct: kafka.direct,
    doors: ({ through }) => (through === 'proxy' ? proxies.map(({ address }) => address) : kafka.brokers),
    set,
    async close() {
      await kafka.stop();
      await Promise.all(proxies.map((proxy) => proxy.close()));
    },
  };
}

/** Also for a scenario that makes its topic anew. */
export async function makeTopic(
  direct: readonly string[],
  topic: string,
  { partitions = defaultPartitions, minInSync = 2, appendTime }: Scenario['topic'] & object,
): Promise<void> {
  const config = {
    'min.insync.replicas': String(minInSync),
    ...(appendTime && { 'message.timestamp.type': 'LogAppendTime' }),
  };
  // Just after a restart a broker may not count as alive yet, and then there are too few for the replicas.
  await eventually(
    'the topic is made',
    async () => {
      if (await describeTopic(direct, topic)) return true;
      await createTopic(direct, topic, { partitions, replicas, config });
      return true;
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );
  await inSync(direct, topic);
}

/** Resolves when every replica of the topic is in sync. */
export async function inSync(direct: readonly string[], topic: string): Promise<void> {
  await eventually(
    'all replicas are in sync',
    async () => (await describeTopic(direct, topic))?.every(({ inSync }) => inSync.length === replicas),
    { timeoutMs: 120_000, everyMs: 100 },
  );
}
