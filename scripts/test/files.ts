import { existsSync, globSync } from 'node:fs';
import { resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { pathToFileURL } from 'node:url';
import { parts, type Part } from './parts.ts';
import { none, type Tally } from './tally.ts';

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

/** Runs `test/<part>/**` with Node's own runner, each file in a process of its own, and prints as it goes. */
export async function runFiles(part: Part): Promise<Tally> {
  const files = globSync(`test/${part}/**/*.test.ts`)
    .map((file) => resolve(file))
    .sort();
  if (files.length === 0) return none;
  const { globalSetup, globalTeardown } = await sharedSetUp(part);
  try {
    await globalSetup?.();
  } catch (error) {
    console.log(`✖ what the files of test/${part} share could not be set up:`, error);
    return { ...none, failed: 1 };
  }
  try {
    return await runAll(files, part);
  } finally {
    globalTeardown?.();
  }
}

async function runAll(files: readonly string[], part: Part): Promise<Tally> {
  const { concurrency, timeoutMs } = parts[part];
  const tally = { passed: 0, failed: 0, skipped: 0 };
  // A file at a broker ends when its tests are over, whatever it left open: that something was closed is for a test to
  // assert, and a run that hangs tells nobody what was left open. In unit tests nothing may be left open, and Node drops
  // the last reports of a file that it ends by force (540 and 575 of 584 in two runs); failures still count by exit code.
  const forceExit = parts[part].broker;
  const events = run({ files, concurrency, timeout: timeoutMs, forceExit });
  events.on('test:pass', ({ name, skip, todo, details }) => {
    // A file without a test reports itself as a test that passed.
    if (details.type === 'suite' || files.includes(resolve(name))) return;
    if (skip !== undefined || todo !== undefined) tally.skipped += 1;
    else tally.passed += 1;
  });
  events.on('test:fail', ({ todo, details }) => {
    if (todo !== undefined) tally.skipped += 1;
    // Suites fail with the tests in them; on their own they fail only when a hook does. Files: when they cannot load.
    else if (!('failureType' in details.error) || details.error.failureType !== 'subtestsFailed')
      tally.failed += 1;
  });
  for await (const text of events.compose(new spec())) process.stdout.write(String(text));
  return tally;
}
