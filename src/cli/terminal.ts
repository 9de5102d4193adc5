import { once } from 'node:events';
import { styleText } from 'node:util';
import { printableJson } from '../model/foreign.ts';

type Style = Parameters<typeof styleText>[0];

/** Where a command prints, and what it reads of the process; tests have their own. */
export interface Terminal {
  /** A line of the result. Resolves when there is room for the next one. */
  print(line: string): Promise<void>;
  /** A line about the work, beside the result. */
  note(line: string): void;
  /** Colours, if the result goes to a terminal that wants them. */
  paint(style: Style, text: string): string;
  /** The line that changes while the command works; nothing if stderr is no terminal. */
  progress(text: string | undefined): void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C, and when the reader of the result closes it. */
  readonly stop: AbortSignal;
}

/** The terminal of this process. Colours as https://no-color.org has it. */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  const coloured = stdout.isTTY && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    stopped.abort();
    // `tail … | head` closes the pipe.
    if (error.code === 'EPIPE') return;
    stderr.write(`walkeros-kafka: The result could not be written: ${error.message}.\n`);
    // The command may already have set 0.
    process.once('exit', () => (process.exitCode = 1));
  });
  // Without a reader of stderr the result is still wanted.
  stderr.on('error', () => undefined);
  let shown = '';
  const show = (text: string): void => {
    if (!stderr.isTTY || text === shown) return;
    stderr.write(`\r\u001b[2K${text}`);
    shown = text;
  };
  return {
    environment: env,
    stop: stopped.signal,
    async print(line) {
      const bar = shown;
      if (bar !== '') show('');
      if (!stopped.signal.aborted || stdout.writable)
        if (!stdout.write(`${line}\n`) && !stopped.signal.aborted)
          await once(stdout, 'drain', { signal: stopped.signal }).catch(() => undefined);
      if (bar !== '') show(bar);
    },
    note(line) {
      show('');
      stderr.write(`${line}\n`);
    },
    paint: (style, text) => (coloured ? styleText(style, text, { validateStream: false }) : text),
    progress: (text) => show((text ?? '').slice(0, Math.max(20, stderr.columns - 1))),
  };
}

const cells = 24;

/** `[########················]  33 %  1,234 of 3,700  re-sending` */
export function progressBar(done: number, all: number, what: string): string {
  const share = all === 0 ? 1 : Math.min(1, done / all);
  const filled = Math.round(share * cells);
  const bar = '#'.repeat(filled) + '·'.repeat(cells - filled);
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `[${bar}] ${percent} %  ${grouped(done)} of ${grouped(all)}  ${what}`;
}

export function grouped(count: number): string {
  return count.toLocaleString('en');
}

/** `1 record`, `1,234 records` */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** One JSON object on one line, without control characters. */
export function jsonLine(value: unknown): string {
  return printableJson(JSON.stringify(value));
}
