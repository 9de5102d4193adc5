import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pinnedTo } from '../scripts/kafka/pinned.ts';
import { nameThere } from './before.ts';
import type { ChildAnswer } from './child.ts';
import type { PartName } from './parts.ts';
import { packageVariable } from './ours.ts';
import { pins } from './pins.ts';
import type { Row, RowContext } from './row.ts';

const ownChild = fileURLToPath(new URL('child.ts', import.meta.url));

/** The longest row, a million events, takes a minute or two; one that hangs must not stop the bench. */
const timeoutMs = 600_000;

/**
 * Runs a row in a process of its own: nobody else's garbage, compiled code or threads are in its figures.
 * @param profileFolder where it leaves a CPU profile, if anywhere
 * @throws Error with the end of the row's own output when it fails
 */
export function runAlone(
  part: PartName,
  row: Row,
  context: RowContext,
  profileFolder: string | undefined,
): Promise<ChildAnswer> {
  const name = `${part} ${row.name}`.replace(/[^a-z0-9]+/gi, '-');
  const profiling =
    profileFolder === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`, `--cpu-prof-name=${name}.cpuprofile`];
  const child = row.checkout === undefined ? ownChild : resolve(row.checkout, 'bench', 'child.ts');
  const args = [
    ...(row.nodeFlags ?? []),
    ...profiling,
    child,
    part,
    nameThere(row.name),
    JSON.stringify(context),
  ];
  const [program, ...rest] = pinnedTo(pins?.client, process.execPath, args);
  const running = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    timeout: timeoutMs,
    env: row.package === undefined ? process.env : { ...process.env, [packageVariable]: row.package },
  });
  let output = '';
  const take = (text: Buffer): void => void (output = (output + text.toString()).slice(-3_000));
  running.stdout?.on('data', take);
  running.stderr?.on('data', take);
  let answer: ChildAnswer | undefined;
  running.once('message', (message) => (answer = message as ChildAnswer));
  return new Promise((answered, reject) => {
    running.once('error', reject).once('close', (code) => {
      if (answer !== undefined) answered(answer);
      else reject(new Error(`${reasonIn(output) ?? `ended with ${String(code)}`}\n${output.trim()}`));
    });
  });
}

/** What Node printed of the error that ended the row. */
function reasonIn(output: string): string | undefined {
  return [...output.matchAll(/^(?:\w*Error: )(.+)$/gm)].at(-1)?.[1];
}
