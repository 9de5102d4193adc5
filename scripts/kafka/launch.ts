import type { KafkaCluster, KafkaNode, KafkaOptions } from './cluster.ts';
import { containerMachinery } from './container.ts';
import { embeddedMachinery } from './embedded.ts';
import type { Machinery, NodeProcess } from './machinery.ts';
import { planNodes, type NodePlan } from './properties.ts';
import { untilAlive } from './readiness.ts';
import { prepareWay } from './way.ts';

const startTimeoutMs = 90_000;
const stopGraceMs = 20_000;

/**
 * Gives a real Kafka: the cluster that `KAFKA_BROKERS` names, else one of our own in JVMs, else one in containers.
 * It ends with this process at the latest.
 * @throws Error naming the three ways when there is none, or with the end of the broker's log when it does not start.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const way = await prepareWay(needsOwn(options), options.onProgress);
  if (way.kind === 'external') {
    return { ...way, direct: way.brokers, nodes: [], stop: () => Promise.resolve() };
  }
  options.onProgress?.('Kafka: starting');
  const plans = await planNodes(options);
  const machinery =
    way.kind === 'embedded'
      ? await embeddedMachinery(way.java, plans, options)
      : await containerMachinery(way.engine, plans, options);
  const stop = once(() => endAll(machinery));
  try {
    await Promise.all(machinery.processes.map((process) => process.launch()));
    const ids = plans.map(({ id }) => id);
    await Promise.all(plans.map((plan, index) => untilNodeAlive(plan, machinery.processes[index], ids)));
  } catch (error) {
    await stop();
    throw error;
  }
  const nodes = plans.flatMap((plan, index) => {
    const process = machinery.processes[index];
    return process ? [node(plan, process)] : [];
  });
  return {
    kind: way.kind,
    brokers: nodes.map(({ address }) => address),
    direct: nodes.map(({ direct }) => direct),
    nodes,
    stop,
  };
}

/** What another's cluster cannot give. */
const needsOwn = ({ own, nodes, config, advertised, listeners, scram, jvm }: KafkaOptions): boolean =>
  own === true ||
  nodes === 3 ||
  [config, advertised, listeners, scram, jvm].some((option) => option !== undefined);

function node(plan: NodePlan, process: NodeProcess): KafkaNode {
  return {
    id: plan.id,
    address: plan.address,
    listensOn: `127.0.0.1:${String(plan.port)}`,
    direct: direct(plan),
    listeners: Object.fromEntries(plan.listeners.map(({ name, address }) => [name, address])),
    dataDir: process.dataDir,
    stop: () => process.end('SIGTERM', stopGraceMs),
    kill: () => process.end('SIGKILL', 0),
    freeze: () => process.freeze(),
    thaw: () => process.thaw(),
    async start() {
      await process.launch();
      await untilNodeAlive(plan, process, [plan.id]);
    },
  };
}

const direct = (plan: NodePlan): string => `127.0.0.1:${String(plan.directPort)}`;

async function untilNodeAlive(
  plan: NodePlan,
  process: NodeProcess | undefined,
  ids: number[],
): Promise<void> {
  const ended = async (): Promise<string | undefined> => {
    if (!process || (await process.running())) return undefined;
    return `Kafka node ${String(plan.id)} ended while starting:\n${await process.lastWords()}`;
  };
  await untilAlive({ direct: direct(plan), nodeIds: ids, timeoutMs: startTimeoutMs, failure: ended });
}

/** All at once and hard: the data is thrown away, and nodes that go one by one wait for a quorum that never comes. */
async function endAll({ processes, remove }: Machinery): Promise<void> {
  await Promise.all(processes.map((process) => process.end('SIGKILL', 0)));
  await remove();
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= action());
}
