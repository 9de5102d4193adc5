import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { utf8Flags } from '../kafka/java.ts';
import { Watchdog } from '../kafka/watchdog.ts';

export interface Engine {
  /** Its exit code, once it has ended; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** The end of what it printed, for an error's text. */
  lastWords(): string;
  /** Asks it to end, and kills it and its children when it has not after 30 s. */
  stop(): Promise<void>;
}

export interface EngineOptions {
  /** Its working folder, in which its log is kept as well. */
  readonly folder: string;
  readonly env?: NodeJS.ProcessEnv;
}

const graceMs = 30_000;

/** For JVMs that start quickly and print no more than warnings. */
export const jvmFlags = [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  ...utf8Flags,
];

/** Starts a stream processor in a process group of its own. It ends with this process at the latest. */
export function startEngine(
  program: string,
  args: readonly string[],
  { folder, env }: EngineOptions,
): Engine {
  const log = join(folder, 'engine.log');
  const fd = openSync(log, 'a');
  const child = spawn(program, args, { cwd: folder, env, detached: true, stdio: ['ignore', fd, fd] });
  closeSync(fd);
  const { pid } = child;
  const signal = (name: NodeJS.Signals): void => {
    try {
      if (pid !== undefined) process.kill(-pid, name);
    } catch {
      // All of the group have ended.
    }
  };
  const watchdog = new Watchdog();
  if (pid !== undefined) watchdog.onDeath(`kill -s KILL -- -${pid}`);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('exit', resolve);
  }).finally(() => {
    signal('SIGKILL');
    watchdog.release();
  });
  ended.catch(() => undefined);
  return {
    ended,
    lastWords: () => readFileSync(log, 'utf8').trim().slice(-3000),
    async stop() {
      signal('SIGTERM');
      const late = setTimeout(() => signal('SIGKILL'), graceMs);
      await ended.catch(() => undefined);
      clearTimeout(late);
    },
  };
}

/**
 * Runs one that ends by itself.
 * @throws Error with its last words when it fails, or is not done in time
 */
export async function runEngine(
  program: string,
  args: readonly string[],
  { timeoutMs = 300_000, ...options }: EngineOptions & { readonly timeoutMs?: number },
): Promise<void> {
  const engine = startEngine(program, args, options);
  let timedOut = false;
  const late = setTimeout(() => {
    timedOut = true;
    void engine.stop();
  }, timeoutMs);
  const code = await engine.ended;
  clearTimeout(late);
  if (code === 0 && !timedOut) return;
  const end = timedOut ? `was not done after ${timeoutMs} ms` : `ended with ${String(code)}`;
  throw new Error(`${program} ${end}:\n${engine.lastWords()}`);
}
