import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runCommand } from '../kafka/command.ts';
import { add, none, type Tally } from './tally.ts';

const reporter = resolve('scripts/test/count-reporter.ts');

/** Long enough for a whole group; each test has its own time-out. Milliseconds. */
const groupTimeoutMs = 300_000;

/** Deals the files to so many processes, and prints what each group reports once it is through. */
export async function runGroups(
  files: readonly string[],
  { processes, timeoutMs }: { readonly processes: number; readonly timeoutMs: number },
): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'groups-'));
  try {
    const groups = Array.from({ length: Math.min(processes, files.length) }, (_, group) =>
      runGroup(
        files.filter((_, index) => index % processes === group),
        timeoutMs,
        join(folder, `${String(group)}.json`),
      ),
    );
    return (await Promise.all(groups)).reduce(add, none);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runGroup(files: readonly string[], timeoutMs: number, counts: string): Promise<Tally> {
  const reporters = [
    ['--test-reporter=spec', '--test-reporter-destination=stdout'],
    [`--test-reporter=${reporter}`, `--test-reporter-destination=${counts}`],
  ].flat();
  const options = ['--test', '--test-isolation=none', `--test-timeout=${String(timeoutMs)}`];
  const { code, output } = await runCommand(process.execPath, [...options, ...reporters, ...files], {
    timeoutMs: groupTimeoutMs,
  });
  process.stdout.write(output);
  const tally = readTally(counts);
  if (tally !== undefined && (code === 0 || tally.failed > 0)) return tally;
  console.log(`✖ the process of these files ended with ${String(code)}:\n  ${files.join('\n  ')}`);
  return add(tally ?? none, { ...none, failed: 1 });
}

/** Undefined where the process ended before it was through. */
function readTally(path: string): Tally | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Tally;
  } catch {
    return undefined;
  }
}
