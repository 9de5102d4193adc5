import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runCommand } from '../../scripts/kafka/command.ts';
import { eventually } from '../support/eventually.ts';

const program = join(import.meta.dirname, '../../demo/start.ts');

/** `npm start` as a process, with everything it prints; it ends with the test at the latest. */
export function startDemo(t: TestContext, brokers: readonly string[], ...args: string[]) {
  const env: NodeJS.ProcessEnv = { ...process.env, KAFKA_BROKERS: brokers.join(',') };
  // What a test runner sets to colour its own children is not what a pipe should get.
  delete env.FORCE_COLOR;
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let printed = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const closed = once(child, 'close');
  const shows = (pattern: RegExp) =>
    eventually(`it shows ${String(pattern)}`, () => pattern.exec(printed), { timeoutMs: 60_000 });
  return {
    printed: () => printed,
    complaints: () => complaints,
    shows,
    signal: (name: NodeJS.Signals) => child.kill(name),
    /** The exit code, or the signal that ended it. */
    async exitCode(): Promise<unknown> {
      await closed;
      return child.exitCode ?? child.signalCode;
    },
    async origin(): Promise<string> {
      const [, origin = ''] = await shows(/page +(http:\/\/127\.0\.0\.1:\d+)\//);
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
