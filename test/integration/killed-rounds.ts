import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Settings } from '../../src/types.ts';
import { eventually } from '../support/eventually.ts';
import { tempFolder } from '../support/temp.ts';

/**
 * Starts `spool-process.ts` once a round and kills it with SIGKILL while it is under load.
 * @param beforeKill what happens between the first acknowledgement and the kill
 * @param afterKill what happens before the next round
 * @returns the lines that the processes wrote: what was acknowledged, and what failed
 */
export async function killedRounds(
  t: TestContext,
  settings: Settings,
  rounds: number,
  beforeKill: (round: number) => Promise<void>,
  afterKill: () => void,
): Promise<string[]> {
  const folder = tempFolder();
  const files = Array.from({ length: rounds }, (_, round) => join(folder, `acknowledged-${round}`));
  for (const [round, acknowledged] of files.entries()) {
    const task = JSON.stringify({ settings, acknowledged, first: round * 1_000_000 });
    const child = spawn(process.execPath, [join(import.meta.dirname, 'spool-process.ts'), task], {
      stdio: 'inherit',
    });
    t.after(() => child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    await eventually('it is under load', () => existsSync(acknowledged), { timeoutMs: 60_000 });
    await beforeKill(round);
    child.kill('SIGKILL');
    await exited;
    afterKill();
  }
  return files.flatMap((file) => readFileSync(file, 'utf8').trim().split('\n'));
}
