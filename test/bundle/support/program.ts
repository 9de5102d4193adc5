import { spawn, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';

export interface ProgramResult {
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
  /** Takes only what of the processors nobody else wants. */
  readonly inBackground?: boolean;
}

export interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<ProgramResult>;
  /** What it has written so far, both streams. */
  readonly output: () => string;
}

/** Starts a program; it is killed after `timeoutMs`, so that no test leaves one behind. */
export function startProgram(
  program: string,
  args: readonly string[],
  { cwd, env = environment(), timeoutMs = 300_000, inBackground = false }: ProgramOptions,
): Program {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
  if (inBackground && child.pid !== undefined) setPriority(child.pid, 19);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<ProgramResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended, output: () => stdout + stderr };
}

/** Runs a program to its end. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  return startProgram(program, args, options).ended;
}

/** As `runProgram`, but throws with all that was written when the program failed. */
export async function expectProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  const result = await runProgram(program, args, options);
  if (result.code === 0) return result;
  const { code, stdout, stderr } = result;
  throw new Error(`${program} ${args.join(' ')} ended with ${String(code)}\n${stdout}\n${stderr}`);
}

/**
 * This process's environment without what `npm test` and the test runner tell their children about *this* project:
 * an npm or a node of another folder would take it for its own.
 */
export function environment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => {
    const lower = name.toLowerCase();
    if (/^npm_config_(registry|cache|userconfig|globalconfig|cafile|proxy|https_proxy|noproxy)$/.test(lower))
      return true;
    return (
      !lower.startsWith('npm_') &&
      lower !== 'node_test_context' &&
      lower !== 'node_options' &&
      lower !== 'init_cwd'
    );
  });
  return { ...Object.fromEntries(kept), ...extra };
}
