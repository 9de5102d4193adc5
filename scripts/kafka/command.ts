import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';

export interface CommandResult {
  /** The exit code; -1 when the program is missing, could not be started, or took longer than it may. */
  readonly code: number;
  readonly output: string;
}

/** Runs a short command to its end, standard output and errors in one text. Never throws: the caller reads `code`. */
export function runCommand(
  program: string,
  args: readonly string[],
  options: {
    readonly timeoutMs?: number;
    readonly onLine?: (line: string) => void;
    readonly cwd?: string;
    /** Takes only what of the processors nobody else wants. */
    readonly inBackground?: boolean;
  } = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      cwd: options.cwd,
    });
    if (options.inBackground === true && child.pid !== undefined) setPriority(child.pid, 19);
    let output = '';
    let rest = '';
    const take = (text: string): void => {
      output += text;
      if (!options.onLine) return;
      // A carriage return, too, ends a line: Maven redraws its progress.
      const lines = (rest + text).split(/[\r\n]+/);
      rest = lines.pop() ?? '';
      lines.forEach(options.onLine);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', (error) => resolve({ code: -1, output: output + error.message }));
    child.on('close', (code) => resolve({ code: code ?? -1, output }));
  });
}
