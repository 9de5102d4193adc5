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
  /** What Ctrl-C does, or worse. SIGTERM as a supervisor sends it, to the process that it started alone. Nothing when it has ended. */
  readonly signal: (signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL') => void;
}

/** Types a line into `sh`. It is killed after `timeoutMs`, with all that it started. */
export function type(line: string, { cwd, env, timeoutMs = 300_000 }: ShellOptions): Typed {
  // Detached: a group of its own, to which signals go as from a terminal.
  const child = spawn('sh', ['-c', line], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  let isOver = false;
  const signal = (name: NodeJS.Signals): void => {
    if (!isOver) send(child, name);
  };
  const late = setTimeout(() => signal('SIGKILL'), timeoutMs);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      isOver = true;
      clearTimeout(late);
      resolve(code);
    });
  });
  return { output: () => output, ended, signal };
}

/** What the command started may outlive it: the flow of an `npx` that got SIGTERM. */
function send({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  const isAlone = signal === 'SIGTERM';
  if (isAlone && (exitCode !== null || signalCode !== null)) return;
  try {
    process.kill(isAlone ? pid : -pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
