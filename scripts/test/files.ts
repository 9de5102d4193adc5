import { existsSync, globSync } from 'node:fs';
import { resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { runGroups } from './groups.ts';
import { parts, type Part } from './parts.ts';
import { count, none, type Tally } from './tally.ts';

interface SharedSetUp {
  readonly globalSetup?: () => Promise<void>;
  readonly globalTeardown?: () => void;
}

/**
 * What all files of a part share, such as an installed package: `globalSetup` and `globalTeardown` of its setup.ts.
 * Not by the runner's `globalSetupPath`: that works for the first `run` of a process alone, and is passed over in
 * silence by every later one. The files then installed the package each for itself, and one packed `dist/` while
 * another built it.
 */
async function sharedSetUp(part: Part): Promise<SharedSetUp> {
  const path = resolve(`test/${part}/setup.ts`);
  return existsSync(path) ? ((await import(pathToFileURL(path).href)) as SharedSetUp) : {};
}

/** Runs `test/<part>/**` with Node's own runner, in as many processes as the part says, and prints as it goes. */
export async function runFiles(part: Part, print: (text: string) => void): Promise<Tally> {
  const files = globSync(`test/${part}/**/*.test.ts`)
    .map((file) => resolve(file))
    .sort();
  if (files.length === 0) return none;
  const { globalSetup, globalTeardown } = await sharedSetUp(part);
  try {
    await globalSetup?.();
  } catch (error) {
    print(`✖ what the files of test/${part} share could not be set up: ${inspect(error)}\n`);
    return { ...none, failed: 1 };
  }
  try {
    return await runAll(files, part, print);
  } finally {
    globalTeardown?.();
  }
}

async function runAll(files: readonly string[], part: Part, print: (text: string) => void): Promise<Tally> {
  const { concurrency, timeoutMs, perFile } = parts[part];
  if (!perFile) return runGroups(files, { processes: concurrency, timeoutMs });
  let tally = none;
  // A file at a broker ends when its tests are over, whatever it left open: that something was closed is for a test to
  // assert, and a run that hangs tells nobody what was left open.
  const events = run({ files, concurrency, timeout: timeoutMs, forceExit: parts[part].broker });
  events.on('test:pass', (data) => {
    tally = count(tally, { type: 'test:pass', data }, files);
  });
  events.on('test:fail', (data) => {
    tally = count(tally, { type: 'test:fail', data }, files);
  });
  for await (const text of events.compose(new spec())) print(String(text));
  return tally;
}
