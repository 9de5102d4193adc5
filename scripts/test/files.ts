import { existsSync, globSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { runGroups } from './groups.ts';
import { optionsOf, type Part } from './parts.ts';
import { count, none, type Tally } from './tally.ts';

const setUps = new Map<Part, Promise<void>>();

/**
 * What all files of a part share, such as an installed package: `globalSetup` of its setup.ts, which runs once.
 * Not by the runner's `globalSetupPath`: that works for the first `run` of a process alone, and is passed over in
 * silence by every later one. The files then installed the package each for itself, and one packed `dist/` while
 * another built it.
 * @param options.inBackground takes only what of the processors nobody else wants
 */
export function setUp(part: Part, options = { inBackground: false }): Promise<void> {
  const begun = setUps.get(part) ?? sharedSetUp(part, options);
  setUps.set(part, begun);
  return begun;
}

async function sharedSetUp(part: Part, options: { readonly inBackground: boolean }): Promise<void> {
  const path = resolve(`test/${part}/setup.ts`);
  if (!existsSync(path)) return;
  const { globalSetup } = (await import(pathToFileURL(path).href)) as {
    globalSetup: (how: typeof options) => Promise<void>;
  };
  await globalSetup(options);
}

/** Runs `test/<part>/**` with Node's own runner, in as many processes as the part says, and prints as it goes. */
export async function runFiles(part: Part, print: (text: string) => void): Promise<Tally> {
  const files = globSync(`test/${part}/**/*.test.ts`)
    .map((file) => resolve(file))
    .sort((a, b) => placeOf(a, part) - placeOf(b, part) || (a < b ? -1 : 1));
  if (files.length === 0) return none;
  try {
    await setUp(part);
  } catch (error) {
    print(`✖ what the files of test/${part} share could not be set up: ${inspect(error)}\n`);
    return { ...none, failed: 1 };
  }
  return runAll(files, part, print);
}

function placeOf(file: string, part: Part): number {
  const { first = [] } = optionsOf(part);
  const at = first.indexOf(basename(file, '.test.ts'));
  return at >= 0 ? at : first.length;
}

async function runAll(files: readonly string[], part: Part, print: (text: string) => void): Promise<Tally> {
  const { concurrency, timeoutMs, perFile, broker } = optionsOf(part);
  if (!perFile) return runGroups(files, { processes: concurrency, timeoutMs });
  let tally = none;
  // A file at a broker ends when its tests are over, whatever it left open: that something was closed is for a test to
  // assert, and a run that hangs tells nobody what was left open.
  const events = run({ files, concurrency, timeout: timeoutMs, forceExit: broker });
  events.on('test:pass', (data) => {
    tally = count(tally, { type: 'test:pass', data }, files);
  });
  events.on('test:fail', (data) => {
    tally = count(tally, { type: 'test:fail', data }, files);
  });
  for await (const text of events.compose(new spec())) print(String(text));
  return tally;
}
