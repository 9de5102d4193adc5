import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { kafkaScripts } from '../../support/kafka-scripts.ts';
import { environment } from './program.ts';
import { project } from './project.ts';
import type { ShellOptions } from './shell.ts';

/** Times, sizes and the width of columns differ from run to run. */
const alike = (line: string): string =>
  line
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\d+ bytes/g, 'N bytes')
    .replace(/ +/g, ' ')
    .trim();

/** Every line that the page shows was printed, in that order; one that ends in … at least begins so, and … alone is what is left out. */
export function assertShown(shown: string, printed: string, page: string): void {
  let rest = printed.split('\n').map(alike);
  for (const line of shown.split('\n').map(alike)) {
    const at = rest.findIndex((one) =>
      line.endsWith('…') ? one.startsWith(line.slice(0, -1)) : one === line,
    );
    assert.ok(at >= 0, `${page} shows\n${line}\nand this was printed:\n${rest.join('\n')}`);
    rest = rest.slice(at + 1);
  }
}

/** An empty folder below `parent`, and a terminal in it that knows npm, Node and Kafka's scripts. */
export async function openTerminal(parent: string, prefix: string): Promise<ShellOptions> {
  const { folder, npmCache } = await project();
  const cwd = mkdtempSync(join(parent, prefix));
  const temporary = join(parent, 'temp');
  mkdirSync(temporary);
  // Which registry npm asks is this machine's affair.
  copyFileSync(join(folder, '.npmrc'), join(cwd, '.npmrc'));
  appendFileSync(join(cwd, '.npmrc'), 'prefer-offline=true\naudit=false\n');
  // Without the programs of this repository, which are on the PATH of `npm test`.
  const path = (process.env.PATH ?? '').split(delimiter).filter((place) => !place.endsWith('.bin'));
  return {
    cwd,
    env: environment({
      PATH: [await kafkaScripts(parent), dirname(process.execPath), ...path].join(delimiter),
      TMPDIR: temporary,
      NPM_CACHE_DIR: npmCache,
    }),
  };
}
