import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jvm, openGround } from '../kafka/embedded.ts';
import { classpathOf, fetchJars, haveJars } from '../kafka/jars.ts';
import { brokerJvmFlags, findJava, findMaven, javaPath } from '../kafka/java.ts';
import { freePorts } from '../kafka/ports.ts';
import type { Progress } from '../kafka/progress.ts';
import { untilAlive } from '../kafka/readiness.ts';

/** The release older than 3 that `npm test` runs against. It needs ZooKeeper. */
export const olderVersion = '2.8.2';

export interface OlderNode {
  readonly id: number;
  readonly address: string;
  /** Controlled shutdown (SIGTERM). */
  stop(): Promise<void>;
  /** On the same port and data. */
  start(version: string): Promise<void>;
}

export interface OlderKafka {
  readonly brokers: string[];
  readonly nodes: readonly OlderNode[];
  stop(): Promise<void>;
}

const startTimeoutMs = 90_000;

/** Brings a release's jars. @returns why there are none on this machine; undefined where there are */
export async function prepareOlder(version: string, onProgress?: Progress): Promise<string | undefined> {
  const java = await findJava();
  if ('missing' in java) return `Kafka ${version} cannot run here: ${java.missing}`;
  if (!haveJars(version) && !(await findMaven()))
    return `Kafka ${version} cannot be brought: there is no mvn (Maven) on the PATH`;
  try {
    await fetchJars(onProgress, version);
    return undefined;
  } catch (failure) {
    return failure instanceof Error ? failure.message : String(failure);
  }
}

/**
 * Brokers of a release before 4 behind ZooKeeper, which may be stopped and started with another release on the same disk: they
 * speak to one another, and store, as 2.8 does. It ends with this process at the latest. `prepareOlder` comes first.
 */
export async function startOlderKafka(options: { version: string; nodes?: 1 | 3 }): Promise<OlderKafka> {
  const count = options.nodes ?? 1;
  const java = await javaPath();
  const [zooKeeperPort = 0, ...ports] = await freePorts(1 + count);
  const ground = openGround();
  const zooKeeperHome = join(ground.folder, 'zookeeper');
  mkdirSync(join(zooKeeperHome, 'data'), { recursive: true });
  const zooKeeper = jvm(ground, zooKeeperHome, () => [
    java,
    ...brokerJvmFlags,
    // An HTTP server on port 8080.
    '-Dzookeeper.admin.enableServer=false',
    '-cp',
    classpathOf(options.version),
    'org.apache.zookeeper.server.ZooKeeperServerMain',
    String(zooKeeperPort),
    join(zooKeeperHome, 'data'),
  ]);
  const ids = ports.map((_, index) => index + 1);
  const nodes = ports.map((port, index) => node(index + 1, port));

  function node(id: number, port: number) {
    const home = join(ground.folder, `node-${String(id)}`);
    mkdirSync(home);
    writeFileSync(join(home, 'server.properties'), properties({ id, port, zooKeeperPort, home, count }));
    let { version } = options;
    const process = jvm(ground, home, () => [
      java,
      ...brokerJvmFlags,
      '-cp',
      classpathOf(version),
      'kafka.Kafka',
      join(home, 'server.properties'),
    ]);
    const untilUp = (nodeIds: readonly number[]) =>
      untilAlive({
        direct: `127.0.0.1:${String(port)}`,
        nodeIds,
        timeoutMs: startTimeoutMs,
        failure: async () =>
          (await process.running())
            ? undefined
            : `Kafka ${version}, node ${String(id)}, ended while starting:\n${await process.lastWords()}`,
      });
    return {
      id,
      address: `127.0.0.1:${String(port)}`,
      process,
      untilUp,
      stop: () => process.end('SIGTERM', 30_000),
      async start(next: string) {
        version = next;
        await process.launch();
        await untilUp([id]);
      },
    };
  }

  const stop = async (): Promise<void> => {
    const all = [...nodes.map(({ process }) => process), zooKeeper];
    await Promise.all(all.map((process) => process.end('SIGKILL', 0)));
    ground.remove();
  };
  try {
    // The brokers wait for it.
    await zooKeeper.launch();
    await Promise.all(nodes.map(({ process }) => process.launch()));
    await Promise.all(nodes.map(({ untilUp }) => untilUp(ids)));
  } catch (error) {
    await stop();
    throw error;
  }
  return { brokers: nodes.map(({ address }) => address), nodes, stop };
}

function properties(plan: {
  id: number;
  port: number;
  zooKeeperPort: number;
  home: string;
  count: number;
}): string {
  const replicas = String(plan.count);
  const settings = {
    'broker.id': String(plan.id),
    listeners: `PLAINTEXT://127.0.0.1:${String(plan.port)}`,
    'zookeeper.connect': `127.0.0.1:${String(plan.zooKeeperPort)}`,
    'zookeeper.session.timeout.ms': '6000',
    'log.dirs': join(plan.home, 'data'),
    'inter.broker.protocol.version': '2.8',
    'auto.create.topics.enable': 'false',
    // What a broker led comes back to it only when another one goes.
    'auto.leader.rebalance.enable': 'false',
    'default.replication.factor': replicas,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '5',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': '1',
    'min.insync.replicas': plan.count > 1 ? '2' : '1',
    'log.retention.ms': '-1',
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
