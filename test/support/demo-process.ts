import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runCommand } from '../../scripts/kafka/command.ts';
import { eventually } from './eventually.ts';

const program = join(import.meta.dirname, '../../demo/start.ts');

/** `npm start` on a given cluster as a process, with everything it prints; it ends with the test at the latest. */
export function startDemo(t: Pick<TestContext, 'after'>, brokers: readonly string[], ...args: string[]) {
  const demo = spawnDemo({ KAFKA_BROKERS: brokers.join(',') }, ...args);
  t.after(() => demo.signal('SIGKILL'));
  return demo;
}

export type Demo = ReturnType<typeof spawnDemo>;

/** `npm start` as a process; whoever calls ends it. Without `KAFKA_BROKERS` it brings a broker of its own. */
export function spawnDemo(variables: NodeJS.ProcessEnv, ...args: string[]) {
  const env: NodeJS.ProcessEnv = { ...process.env, ...variables };
  // What a test runner sets to colour its own children is not what a pipe should get.
  delete env.FORCE_COLOR;
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const closed = once(child, 'close');
  const shows = (pattern: RegExp) =>
    eventually(`it shows ${String(pattern)}`, () => pattern.exec(printed), { timeoutMs: 60_000 });
  return {
    pid: child.pid ?? 0,
    printed: () => printed,
    complaints: () => complaints,
    shows,
    signal: (name: NodeJS.Signals) => child.kill(name),
    /** The exit code, or the signal that ended it. */
    async exitCode(): Promise<unknown> {
      await closed;
      return child.exitCode ?? child.signalCode;
    },
    /** The cluster that it prints. */
    async brokers(): Promise<string[]> {
      const [, brokers = ''] = await shows(/Kafka +([\d.:, ]+?) {2}/);
      return brokers.split(', ');
    },
    async origin(): Promise<string> {
      const [, origin = ''] = await shows(/shop +(http:\/\/127\.0\.0\.1:\d+)\//);
      return origin;
    },
  };
}

/** Posts JSON, or a text as it is, and gives status and body. */
export async function post(origin: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const headers = { 'content-type': 'application/json' };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${origin}/collect`, { method: 'POST', headers, body: text });
  return { status: response.status, body: await response.json() };
}

/** The consumers, and the process that reads for the demo, by the cluster's address in their arguments. */
export async function leftBehind([broker = '']: readonly string[]): Promise<string[]> {
  const { output } = await runCommand('ps', ['-A', '-o', 'args=']);
  return output
    .split('\n')
    .filter((line) => line.includes(broker) && /ConsoleConsumer|reader-process/.test(line));
}
