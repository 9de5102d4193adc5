import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { archiveFlags } from './archive.ts';
import { findContainerEngine, toolContainerVariable } from './container.ts';
import { haveJars, jarFolder } from './jars.ts';
import { findJava, toolJvmFlags } from './java.ts';
import { kafkaImage } from './version.ts';

export type ToolProcess = ChildProcessByStdio<Writable, Readable, Readable>;

const main = {
  TopicCommand: 'org.apache.kafka.tools.TopicCommand',
  ConfigCommand: 'kafka.admin.ConfigCommand',
  AclCommand: 'org.apache.kafka.tools.AclCommand',
  ConsoleConsumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  ConsoleProducer: 'org.apache.kafka.tools.ConsoleProducer',
  ProducerPerformance: 'org.apache.kafka.tools.ProducerPerformance',
  DumpLogSegments: 'org.apache.kafka.tools.DumpLogSegments',
  LeaderElectionCommand: 'org.apache.kafka.tools.LeaderElectionCommand',
} as const;

export type Tool = keyof typeof main;

/** Starts one of Kafka's own command-line tools: in a JVM here, or in a container where there is no Java. Costs 1–3 s. */
export async function spawnTool(tool: Tool, args: readonly string[]): Promise<ToolProcess> {
  const [program, ...before] = await toolCommandLine(tool);
  return spawn(program, [...before, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
}

/** The program and first arguments that start a tool; its own arguments come after them. */
export async function toolCommandLine(tool: Tool): Promise<[program: string, ...string[]]> {
  return [...(await toolCommand()), main[tool]];
}

let command: Promise<[string, ...string[]]> | undefined;
const toolCommand = (): Promise<[string, ...string[]]> => (command ??= findToolCommand());

async function findToolCommand(): Promise<[string, ...string[]]> {
  const runClass = '/opt/kafka/bin/kafka-run-class.sh';
  const [engine, container] = process.env[toolContainerVariable]?.split(' ') ?? [];
  if (engine && container) return [engine, 'exec', '-i', container, runClass];
  const java = haveJars() ? await findJava() : undefined;
  if (java && 'path' in java)
    return [java.path, ...toolJvmFlags, ...archiveFlags(), '-cp', join(jarFolder, '*')];
  const other = await findContainerEngine();
  if (other) return [other, 'run', '--rm', '-i', '--network', 'host', '--entrypoint', runClass, kafkaImage];
  throw new Error(
    "Kafka's own tools need Java with the jars (npm test brings them when Maven is there) or Docker or Podman.",
  );
}

/**
 * Runs a tool to its end.
 * @returns its standard output
 * @throws Error with the tool's own words when it fails
 */
export async function runTool(
  tool: Tool,
  args: readonly string[],
  options: { readonly stdin?: string | Buffer; readonly timeoutMs?: number } = {},
): Promise<string> {
  const child = await spawnTool(tool, args);
  const late = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 60_000);
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin ?? '');
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  clearTimeout(late);
  if (code !== 0)
    throw new Error(`${tool} ended with ${String(code)}: ${(errors + output).trim().slice(-3000)}`);
  return output;
}
