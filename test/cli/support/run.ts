import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from '../../../src/cli/main.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';

export interface Run {
  /** The exit code. */
  readonly code: number;
  /** The result, line by line. */
  readonly lines: readonly string[];
  /** What was said beside it. */
  readonly notes: readonly string[];
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly stop?: AbortSignal;
  readonly onLine?: (line: string) => void;
  /** What the progress line shows, each time it changes. */
  readonly onProgress?: (text: string | undefined) => void;
}

/** `walkeros-kafka <words>` in this process: a start of Node costs a second of processor, and there are many. */
export async function run(words: readonly string[], options: RunOptions = {}): Promise<Run> {
  const lines: string[] = [];
  const notes: string[] = [];
  const terminal: Terminal = {
    print: (text) => {
      for (const line of text.split('\n')) {
        lines.push(line);
        options.onLine?.(line);
      }
      return Promise.resolve();
    },
    note: (line) => notes.push(line),
    paint: (_style, text) => text,
    progress: (text) => options.onProgress?.(text),
    environment: options.environment ?? {},
    stop: options.stop ?? new AbortController().signal,
  };
  const code = await main(words, terminal);
  return { code, lines, notes };
}

/** Writes a flow.json with one destination, "kafka", into a folder of its own; gives its path. */
export function flowFile(folder: string, config: object, examples?: object): string {
  const path = join(mkdtempSync(join(folder, 'flow-')), 'flow.json');
  const kafka = { package: 'walkeros-destination-kafka', config, examples };
  const flow = { config: { platform: 'server' }, destinations: { kafka } };
  writeFileSync(path, JSON.stringify({ version: 4, flows: { default: flow } }));
  return path;
}
