/**
 * `node scripts/test/group.ts <counts> <timeout ms> <file...>`: runs the files in this one process, prints as Node's runner
 * does, and writes the tally to the file `counts` when it is through.
 */
import { writeFileSync } from 'node:fs';
import { run } from 'node:test';
import { spec, type TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';
import { count, none, type Verdict } from './tally.ts';
import { runnersHook } from './untracked.ts';

const [counts = '', timeout = '', ...files] = process.argv.slice(2);
const endHook = runnersHook();
let tally = none;
/** Top-level tests and suites, less those that have reported. All are known before the first one starts. */
let left = 0;
const reporter = new spec();
reporter.pipe(process.stdout, { end: false });
const events = run({ files, isolation: 'none', timeout: Number(timeout) });
events.on('data', (event: TestEvent) => reporter.write(event));
events.on('test:enqueue', ({ nesting }) => {
  if (nesting === 0) left += 1;
});
// The runner knows no test for it any more, and sets the exit code.
for (const kind of ['uncaughtException', 'unhandledRejection'])
  process.on(kind, (error: unknown) => console.log(`✖ ${kind}: ${inspect(error)}`));
// A test belongs to its suite by that hook: from here on there is no new one.
events.once('test:start', endHook);
events.on('test:pass', (data) => reported({ type: 'test:pass', data }));
events.on('test:fail', (data) => reported({ type: 'test:fail', data }));

function reported(verdict: Verdict): void {
  tally = count(tally, verdict, []);
  if (verdict.data.nesting === 0) left -= 1;
  // The runner itself waits until nothing holds the process: a library's timer of ten seconds, a connection kept alive.
  if (left === 0) setImmediate(() => reporter.end());
}

reporter.once('end', () => {
  writeFileSync(counts, JSON.stringify(tally));
  // An error that belongs to no test has set the exit code.
  process.exit(tally.failed > 0 ? 1 : (process.exitCode ?? 0));
});
