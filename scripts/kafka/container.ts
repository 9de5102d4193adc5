import { randomBytes } from 'node:crypto';
import type { KafkaOptions } from './cluster.ts';
import { runCommand } from './command.ts';
import { jvmProperties } from './java.ts';
import type { Machinery, NodeProcess } from './machinery.ts';
import { kafkaId } from './kafka-id.ts';
import { serverProperties, type NodePlan } from './properties.ts';
import { kafkaImage } from './version.ts';
import { Watchdog } from './watchdog.ts';

/** The engine that answers, or undefined. */
export async function findContainerEngine(): Promise<'docker' | 'podman' | undefined> {
  for (const engine of ['docker', 'podman'] as const) {
    if ((await runCommand(engine, ['info'], { timeoutMs: 20_000 })).code === 0) return engine;
  }
  return undefined;
}

/** Where `spawnTool` runs Kafka's tools when this machine has no Java: `<engine> <container>`; test processes inherit it. */
export const toolContainerVariable = 'KAFKA_TOOL_CONTAINER';

/** Formats once, then becomes the broker; the settings come in the environment, so no folder has to be shared. */
const script = [
  'set -e',
  'printf %s "$SERVER_PROPERTIES" > /tmp/server.properties',
  '/opt/kafka/bin/kafka-storage.sh format --ignore-formatted -t "$CLUSTER_ID" -c /tmp/server.properties "$@"',
  'exec /opt/kafka/bin/kafka-server-start.sh /tmp/server.properties',
].join('\n');

/**
 * Nodes in containers that share the network of one more, which only sleeps: so 127.0.0.1 and every port mean the same
 * inside and outside, and a killed node takes no one's network away.
 */
export async function containerMachinery(
  engine: 'docker' | 'podman',
  plans: readonly NodePlan[],
  options: KafkaOptions,
): Promise<Machinery> {
  const name = `walkeros-kafka-${randomBytes(4).toString('hex')}`;
  const network = `${name}-network`;
  const names = plans.map(({ id }) => `${name}-${String(id)}`);
  const run = async (...args: string[]): Promise<string> => {
    const { code, output } = await runCommand(engine, args);
    if (code !== 0) throw new Error(`${engine} ${args[0] ?? ''} failed: ${output.trim()}`);
    return output;
  };
  const watchdog = new Watchdog();
  watchdog.onDeath(`${engine} rm -f ${[...names, network].join(' ')}`);
  const ports = plans.flatMap((plan) => [
    plan.port,
    plan.directPort,
    ...plan.listeners.map(({ port }) => port),
  ]);
  const publish = ports.flatMap((port) => ['-p', `127.0.0.1:${String(port)}:${String(port)}`]);
  options.onProgress?.(`Kafka: ${engine} starts ${kafkaImage} (the first time it brings the image)`);
  const clusterId = kafkaId();
  const scram = (options.scram ?? []).flatMap((user) => ['--add-scram', user]);
  await run('run', '-d', '--name', network, ...publish, '--entrypoint', 'sleep', kafkaImage, 'infinity');
  for (const [index, plan] of plans.entries()) {
    const properties = serverProperties(plans, plan, options, {
      host: '0.0.0.0',
      dataDir: '/tmp/kafka-data',
    });
    await run(
      ...['create', '--name', names[index] ?? '', '--network', `container:${network}`],
      ...['-e', `SERVER_PROPERTIES=${properties}`, '-e', `CLUSTER_ID=${clusterId}`],
      ...['-e', `KAFKA_OPTS=${jvmProperties(options.jvm).join(' ')}`],
      ...[
        '-e',
        'KAFKA_HEAP_OPTS=-Xmx512m',
        '--entrypoint',
        'bash',
        kafkaImage,
        '-c',
        script,
        'kafka',
        ...scram,
      ],
    );
  }
  process.env[toolContainerVariable] = `${engine} ${network}`;
  return {
    processes: names.map((container) => containerNode(container, run)),
    async remove() {
      await run('rm', '-f', ...names, network);
      watchdog.release();
    },
  };
}

function containerNode(container: string, run: (...args: string[]) => Promise<string>): NodeProcess {
  const state = async (): Promise<string> =>
    (await run('inspect', '--format', '{{.State.Status}}', container)).trim();
  const thaw = async (): Promise<void> => {
    if ((await state()) === 'paused') await run('unpause', container);
  };
  return {
    dataDir: undefined,
    async launch() {
      await run('start', container);
    },
    running: async () => ['running', 'paused'].includes(await state()),
    lastWords: async () => (await run('logs', '--tail', '30', container)).trim(),
    async end(signal, graceMs) {
      await thaw();
      if ((await state()) !== 'running') return;
      if (signal === 'SIGKILL') await run('kill', container);
      else await run('stop', '-t', String(Math.ceil(graceMs / 1000)), container);
    },
    async freeze() {
      await run('pause', container);
    },
    thaw,
  };
}
