import type { KafkaOptions } from './cluster.ts';
import { freePorts } from './ports.ts';

/** One node's part in the plan of a cluster: its ports and what its listeners are called from outside. */
export interface NodePlan {
  readonly id: number;
  /** Clients: as advertised. */
  readonly port: number;
  readonly address: string;
  /** Other brokers, tools and readers: never behind a proxy. */
  readonly directPort: number;
  readonly controllerPort: number;
  readonly listeners: readonly { readonly name: string; readonly port: number; readonly address: string }[];
}

const loopback = '127.0.0.1';

export async function planNodes(options: KafkaOptions): Promise<NodePlan[]> {
  const extras = options.listeners ?? [];
  const plans: NodePlan[] = [];
  for (let id = 1; id <= (options.nodes ?? 1); id++) {
    const [port = 0, directPort = 0, controllerPort = 0, ...extraPorts] = await freePorts(3 + extras.length);
    const address = (await options.advertised?.(id, port)) ?? `${loopback}:${String(port)}`;
    const listeners = extras.map(({ name, advertised }, index) => {
      const own = extraPorts[index] ?? 0;
      return { name, port: own, address: advertised?.(id, own) ?? `${loopback}:${String(own)}` };
    });
    plans.push({ id, port, address, directPort, controllerPort, listeners });
  }
  return plans;
}

/**
 * A node's server.properties: broker and controller in one process.
 * @param host what to bind: all of a container's interfaces, or only the loopback
 */
export function serverProperties(
  plans: readonly NodePlan[],
  plan: NodePlan,
  options: KafkaOptions,
  places: { readonly host: string; readonly dataDir: string },
): string {
  const extras = options.listeners ?? [];
  const bind = (name: string, port: number): string => `${name}://${places.host}:${String(port)}`;
  const replicas = String(plans.length);
  const settings: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(plan.id),
    'controller.quorum.voters': plans
      .map(({ id, controllerPort }) => `${String(id)}@${loopback}:${String(controllerPort)}`)
      .join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'DIRECT',
    listeners: [
      bind('CLIENT', plan.port),
      bind('DIRECT', plan.directPort),
      bind('CONTROLLER', plan.controllerPort),
      ...plan.listeners.map(({ name, port }) => bind(name, port)),
    ].join(','),
    'advertised.listeners': [
      `CLIENT://${plan.address}`,
      `DIRECT://${loopback}:${String(plan.directPort)}`,
      ...plan.listeners.map(({ name, address }) => `${name}://${address}`),
    ].join(','),
    'listener.security.protocol.map': [
      'CLIENT:PLAINTEXT',
      'DIRECT:PLAINTEXT',
      'CONTROLLER:PLAINTEXT',
      ...extras.map(({ name, protocol }) => `${name}:${protocol}`),
    ].join(','),
    'log.dirs': places.dataDir,
    // As most clusters have it: so a client that must not create topics shows that it does not.
    'auto.create.topics.enable': 'true',
    'num.partitions': '3',
    'default.replication.factor': replicas,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '5',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.num.partitions': '5',
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.num.partitions': '5',
    'group.initial.rebalance.delay.ms': '0',
    // Retention goes by the records' own time: real traffic of last year would be gone within five minutes.
    'log.retention.ms': '-1',
    // A compacted topic is compacted at once, instead of within fifteen seconds.
    'log.cleaner.backoff.ms': '500',
    ...(plans.length > 1 && {
      'min.insync.replicas': '2',
      'transaction.state.log.min.isr': '2',
      'share.coordinator.state.topic.min.isr': '2',
      'broker.session.timeout.ms': '6000',
      'broker.heartbeat.interval.ms': '1000',
    }),
    ...(plans.length === 1 && {
      'transaction.state.log.min.isr': '1',
      'share.coordinator.state.topic.min.isr': '1',
    }),
  };
  for (const { name, config } of extras) {
    for (const [key, value] of Object.entries(config ?? {}))
      settings[`listener.name.${name.toLowerCase()}.${key}`] = value;
  }
  Object.assign(settings, options.config);
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${escapeProperty(value)}\n`)
    .join('');
}

/** Java's property files drop single backslashes and end a value at a line's end. */
const escapeProperty = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
