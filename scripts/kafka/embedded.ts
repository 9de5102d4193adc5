import { spawn, type ChildProcess } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archiveFlags } from './archive.ts';
import type { KafkaOptions } from './cluster.ts';
import { runCommand } from './command.ts';
import type { Machinery, NodeProcess } from './machinery.ts';
import { classpathOf } from './jars.ts';
import { brokerJvmFlags, jvmProperties } from './java.ts';
import { kafkaId } from './kafka-id.ts';
import { pinnedTo } from './pinned.ts';
import { serverProperties, type NodePlan } from './properties.ts';
import { kafkaVersion } from './version.ts';
import { Watchdog } from './watchdog.ts';

const classpath = classpathOf(kafkaVersion);

/** Each node a JVM of its own, in a process group of its own, with its data under the system's temporary folder. */
export async function embeddedMachinery(
  java: string,
  plans: readonly NodePlan[],
  options: KafkaOptions,
): Promise<Machinery> {
  const ground = openGround();
  const { folder } = ground;
  try {
    await format(java, folder, plans, options);
  } catch (error) {
    ground.remove();
    throw error;
  }
  const flags = [...brokerJvmFlags, ...archiveFlags(), ...jvmProperties(options.jvm), '-cp', classpath];
  return {
    processes: plans.map((plan) => {
      const home = nodeFolder(folder, plan);
      const args = [...flags, 'kafka.Kafka', join(home, 'server.properties')];
      return jvm(ground, home, () => pinnedTo(options.cpus, java, args));
    }),
    remove() {
      ground.remove();
      return Promise.resolve();
    },
  };
}

/** A folder for JVMs, which goes with this process at the latest, and they with it. */
export interface Ground {
  readonly folder: string;
  /** Process groups that run. */
  readonly groups: Set<number>;
  /** Call when `groups` has changed. */
  readonly guard: () => void;
  readonly remove: () => void;
}

export function openGround(): Ground {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-'));
  const watchdog = new Watchdog();
  const groups = new Set<number>();
  const guard = (): void => {
    const kills = [...groups].map((group) => `kill -s KILL -- -${String(group)};`);
    // A dying JVM may still write while its folder goes, so the folder goes again.
    watchdog.onDeath(`${kills.join(' ')} rm -rf '${folder}'; sleep 1; rm -rf '${folder}'`);
  };
  guard();
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    watchdog.release();
  };
  return { folder, groups, guard, remove };
}

const nodeFolder = (folder: string, plan: NodePlan): string => join(folder, `node-${String(plan.id)}`);

/** Formats the first node's data folder and clones it: what differs is two ids, and a JVM per node would cost seconds. */
async function format(
  java: string,
  folder: string,
  plans: readonly NodePlan[],
  options: KafkaOptions,
): Promise<void> {
  for (const plan of plans) {
    const home = nodeFolder(folder, plan);
    mkdirSync(home);
    const places = { host: '127.0.0.1', dataDir: join(home, 'data') };
    writeFileSync(join(home, 'server.properties'), serverProperties(plans, plan, options, places));
  }
  const [first, ...others] = plans.map((plan) => ({ id: plan.id, home: nodeFolder(folder, plan) }));
  if (!first) return;
  const tool = [...brokerJvmFlags, ...archiveFlags(), '-cp', classpath, 'kafka.tools.StorageTool', 'format'];
  const scram = (options.scram ?? []).flatMap((user) => ['--add-scram', user]);
  const properties = join(first.home, 'server.properties');
  const { code, output } = await runCommand(java, [...tool, '-t', kafkaId(), '-c', properties, ...scram]);
  if (code !== 0) throw new Error(`Kafka could not format its data folder:\n${output.trim()}`);
  for (const { id, home } of others) {
    cpSync(join(first.home, 'data'), join(home, 'data'), { recursive: true });
    const file = join(home, 'data', 'meta.properties');
    const meta = readFileSync(file, 'utf8')
      .replace(/^node\.id=.*$/m, `node.id=${String(id)}`)
      .replace(/^directory\.id=.*$/m, `directory.id=${kafkaId()}`);
    writeFileSync(file, meta);
  }
}

/**
 * @param home its log is here, and its data in `data`
 * @param command the program and its arguments, asked for at each start
 */
export function jvm(
  { groups, guard }: Ground,
  home: string,
  command: () => readonly [program: string, ...args: string[]],
): NodeProcess {
  const log = join(home, 'kafka.log');
  let child: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();
  const signal = (name: NodeJS.Signals): void => {
    if (child?.pid === undefined) return;
    process.kill(-child.pid, name);
  };
  return {
    dataDir: join(home, 'data'),
    launch() {
      const fd = openSync(log, 'a');
      const [program, ...args] = command();
      const started = spawn(program, args, { detached: true, stdio: ['ignore', fd, fd], cwd: home });
      closeSync(fd);
      started.unref();
      const { pid } = started;
      if (pid !== undefined) groups.add(pid);
      guard();
      child = started;
      ended = new Promise((resolve) => {
        const end = (): void => {
          if (pid !== undefined) groups.delete(pid);
          if (child === started) child = undefined;
          guard();
          resolve();
        };
        started.once('exit', end).once('error', end);
      });
      return Promise.resolve();
    },
    running: () => Promise.resolve(child !== undefined),
    lastWords: () => Promise.resolve(readFileSync(log, 'utf8').trim().slice(-3000)),
    async end(name, graceMs) {
      child?.ref();
      signal(name);
      const late = setTimeout(() => signal('SIGKILL'), graceMs);
      await ended;
      clearTimeout(late);
    },
    freeze: () => Promise.resolve(signal('SIGSTOP')),
    thaw: () => Promise.resolve(signal('SIGCONT')),
  };
}
