import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { runCommand } from '../kafka/command.ts';
import { seconds, shortSeconds } from './seconds.ts';
import { add, none, type Tally } from './tally.ts';

const group = resolve('scripts/test/group.ts');

/** What a test makes is short-lived: with more room for it V8 collects less often. */
const lessCollected = ['--max-semi-space-size=32'];

/** Long enough for a whole group; each test has its own time-out. Milliseconds. */
const groupTimeoutMs = 300_000;

/** Deals the files to so many processes, and prints what each group reports once it is through. */
export async function runGroups(
  files: readonly string[],
  { processes, timeoutMs }: { readonly processes: number; readonly timeoutMs: number },
): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'groups-'));
  try {
    await fillCompileCache();
    const running = dealt(files, processes).map((group, index) =>
      runGroup(group, timeoutMs, join(folder, `${String(index)}.json`)),
    );
    return (await Promise.all(running)).reduce(add, none);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Node writes its cache when a process ends: at the first run of a clone, all that start together would compile the package and
 * its libraries, each for itself.
 */
async function fillCompileCache(): Promise<void> {
  const cache = process.env['NODE_COMPILE_CACHE'];
  if (cache === undefined || existsSync(cache)) return;
  const load = [...loadedByMost.map((name) => `await import('${name}');`), 'process.exit()'].join('\n');
  await runCommand(process.execPath, ['--input-type=module', '-e', load]);
}

const loadedByMost = [
  './src/index.ts',
  './src/cli/main.ts',
  './test/support/flow.ts',
  './test/support/memory-cluster.ts',
  '@platformatic/kafka',
  'kafkajs',
  'fast-check',
];

/**
 * A file that changes its process for good is named `….process.test.ts`, and has one of its own. The others: the longest
 * first, each to the process that has least to do. Then the short ones by folder, since neighbours load the same modules.
 */
function dealt(files: readonly string[], processes: number): string[][] {
  const alone = files.filter((file) => file.endsWith('.process.test.ts'));
  const together = files.filter((file) => !alone.includes(file));
  const groups = Array.from({ length: processes }, (): Group => ({ files: [], seconds: 0 }));
  const add = (group: Group | undefined, file: string): void => {
    group?.files.push(file);
    if (group !== undefined) group.seconds += secondsOf(file);
  };
  const long = together.filter((file) => secondsOf(file) > shortSeconds);
  // Those at a port load a client library, which takes as long as the rest of the package: not in every process.
  const withClients = groups.slice(0, Math.ceil(groups.length * 0.4));
  for (const file of long.toSorted((a, b) => secondsOf(b) - secondsOf(a)))
    add(leastBusy(isOfTransport(file) ? withClients : groups), file);
  const share = together.reduce((sum, file) => sum + secondsOf(file), 0) / processes;
  let filling: Group | undefined;
  for (const file of together.filter((file) => !long.includes(file))) {
    if (filling === undefined || filling.seconds >= share) filling = leastBusy(groups);
    add(filling, file);
  }
  return [...groups.map(({ files }) => files), ...alone.map((file) => [file])].filter(
    ({ length }) => length > 0,
  );
}

interface Group {
  readonly files: string[];
  seconds: number;
}

const leastBusy = (groups: readonly Group[]): Group | undefined =>
  groups.toSorted((a, b) => a.seconds - b.seconds)[0];

const isOfTransport = (file: string): boolean => relative('test/unit', file).startsWith('transport');

const secondsOf = (file: string): number => seconds[relative('test/unit', file)] ?? shortSeconds;

async function runGroup(files: readonly string[], timeoutMs: number, counts: string): Promise<Tally> {
  const { code, output } = await runCommand(
    process.execPath,
    [...lessCollected, group, counts, String(timeoutMs), ...files],
    {
      timeoutMs: groupTimeoutMs,
    },
  );
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
