import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runCommand } from '../kafka/command.ts';
import { add, none, type Tally } from './tally.ts';

const group = resolve('scripts/test/group.ts');

/** Long enough for a whole group; each test has its own time-out. Milliseconds. */
const groupTimeoutMs = 300_000;

/** Deals the files to so many processes, and prints what each group reports once it is through. */
export async function runGroups(
  files: readonly string[],
  { processes, timeoutMs }: { readonly processes: number; readonly timeoutMs: number },
): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'groups-'));
  try {
    const running = dealt(files, processes).map((group, index) =>
      runGroup(group, timeoutMs, join(folder, `${String(index)}.json`)),
    );
    return (await Promise.all(running)).reduce(add, none);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that changes its process for good is named `….process.test.ts`, and has one of its own. */
function dealt(files: readonly string[], processes: number): string[][] {
  const alone = files.filter((file) => file.endsWith('.process.test.ts'));
  const together = files.filter((file) => !alone.includes(file));
  const groups = Array.from({ length: processes }, (_, group) =>
    together.filter((_, index) => index % processes === group),
  );
  return [...groups, ...alone.map((file) => [file])].filter(({ length }) => length > 0);
}

async function runGroup(files: readonly string[], timeoutMs: number, counts: string): Promise<Tally> {
  const { code, output } = await runCommand(process.execPath, [group, counts, String(timeoutMs), ...files], {
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
