import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Ledger } from './ledger.ts';
import type { FlowPlan, Order, Report } from './messages.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

export interface FlowProcess {
  /** No more pushes; resolves when all are answered. */
  endLoad(): Promise<void>;
  /** SIGKILL; resolves when it is gone and all it told is in the ledger. */
  kill(): Promise<void>;
  /** SIGTERM, as a platform that shuts it down. @throws Error when it does not end well */
  terminate(): Promise<void>;
  order(order: Order): void;
}

/**
 * @param wrapper a command that becomes the process, such as one that limits it
 */
export function startFlowProcess(
  plan: FlowPlan,
  ledger: Ledger,
  wrapper: readonly string[] = [],
): FlowProcess {
  const [program = process.execPath, ...args] = [...wrapper, process.execPath, main, JSON.stringify(plan)];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let errors = '';
  let answered: () => void = () => undefined;
  const allAnswered = new Promise<void>((resolve) => (answered = resolve));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-3000)));
  child.on('message', (report) => {
    ledger.take(report as Report);
    if ((report as Report).answered) answered();
  });
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => (errors += error.message)).once('error', () => resolve());
    child.once('close', () => resolve());
  });
  const end = (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    return ended;
  };
  return {
    order: (order) => child.send(order),
    async endLoad() {
      child.send({ kind: 'end-load' } satisfies Order);
      await Promise.race([allAnswered, ended.then(() => fail(child, errors))]);
    },
    kill: () => end('SIGKILL'),
    async terminate() {
      const late = setTimeout(() => child.kill('SIGKILL'), 30_000);
      await end('SIGTERM');
      clearTimeout(late);
      if (child.exitCode !== 0) fail(child, errors);
    },
  };
}

function fail({ exitCode, signalCode }: ChildProcess, errors: string): never {
  throw new Error(`The flow's process ended with ${String(exitCode ?? signalCode)}: ${errors}`);
}
