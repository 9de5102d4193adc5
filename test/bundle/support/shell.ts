import { spawn, type ChildProcess } from 'node:child_process';

export interface ShellOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

/** A command line as somebody typed it into a terminal, with all that belongs to it. */
export interface Typed {
  /** What it has written so far, both streams. */
  readonly output: () => string;
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** What Ctrl-C does, or a supervisor. Nothing when it has ended. */
  readonly signal: (signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL') => void;
}

/** Types a line into `sh`. It is killed after `timeoutMs`, with all that it started. */
export function type(line: string, { cwd, env, timeoutMs = 120_000 }: ShellOptions): Typed {
  // Detached: a group of its own, to which signals go as from a terminal.
  const child = spawn('sh', ['-c', line], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const signal = (name: NodeJS.Signals): void => signalGroup(child, name);
  const late = setTimeout(() => signal('SIGKILL'), timeoutMs);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(late);
      resolve(code);
    });
  });
  return { output: () => output, ended, signal };
}

function signalGroup({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal);
}
