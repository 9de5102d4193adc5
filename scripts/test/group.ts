/**
 * `node scripts/test/group.ts <counts> <timeout ms> <file...>`: runs the files in this one process, prints as Node's runner
 * does, and writes the tally to the file `counts` when it is through.
 */
import { writeFileSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { keepRunnersHooks } from '../../test/support/untracked.ts';
import { count, none } from './tally.ts';

const [counts = '', timeout = '', ...files] = process.argv.slice(2);
keepRunnersHooks();
let tally = none;
const events = run({ files, isolation: 'none', timeout: Number(timeout) });
events.on('test:pass', (data) => {
  tally = count(tally, { type: 'test:pass', data }, []);
});
events.on('test:fail', (data) => {
  tally = count(tally, { type: 'test:fail', data }, []);
});
for await (const text of events.compose(new spec())) process.stdout.write(String(text));
writeFileSync(counts, JSON.stringify(tally));
// A library's timer of ten seconds that nobody ended would hold the process, and with it the part.
// The runner sets the exit code where an error came after the end of its test, and so counts for none.
process.exit(tally.failed > 0 ? 1 : (process.exitCode ?? 0));
