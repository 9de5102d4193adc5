/** `npm start`: a Kafka, a walkerOS flow that writes to it, a tagged shop, and a view of every record as it is read back. */
import { describe, isComplete, type Summary } from './close.ts';
import { sendFixedSet } from './once/fixed-set.ts';
import { openBrowser, wantsBrowser } from './open-browser.ts';
import { help, readOptions, UsageError } from './options.ts';
import { paint } from './terminal/paint.ts';
import { openSession, type Session } from './session.ts';
import { interrupted, listenForStop } from './terminal/signals.ts';

/** What ended it: a signal, the fixed set with what was wrong about it, or a failure. */
type End =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'compared'; readonly problems: readonly string[] }
  | { readonly kind: 'failed'; readonly problem: string };

/** @returns the exit code */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const stop = listenForStop();
  const session = await openSession(options);
  stop.ready();
  if (options.open && !options.once && wantsBrowser()) openBrowser(`${session.origin}/live`);
  const stopped = stop.wished.then((): End => ({ kind: 'stopped' }));
  const work = options.once ? [compareFixedSet(session)] : [];
  const end = await Promise.race([stopped, session.failed, ...work]).catch(failed);
  if (end.kind === 'stopped')
    console.log('\nStopping: no more is taken, what is on its way is still stored.');
  return finish(end, await session.close(), options.once);
}

const compareFixedSet = async (session: Session): Promise<End> => ({
  kind: 'compared',
  problems: await sendFixedSet(session),
});

const failed = (error: unknown): End => ({ kind: 'failed', problem: messageOf(error) });

function finish(end: End, summary: Summary, once: boolean): number {
  const complete = isComplete(summary);
  const counts = `\n${complete ? describe(summary) : paint('red', describe(summary))}`;
  switch (end.kind) {
    case 'stopped':
      console.log(counts);
      return once ? interrupted : Number(!complete);
    case 'failed':
      console.error(`\n${paint('red', end.problem)}`);
      console.log(counts);
      return 1;
    case 'compared':
      console.log(counts);
      if (end.problems.length > 0) {
        console.error(paint('red', '✖ the fixed set of events is not in Kafka as it was sent:'));
        for (const problem of end.problems) console.error(`    ${problem}`);
        return 1;
      }
      console.log(paint('green', '✔ the fixed set of events is in Kafka as it was sent'));
      return Number(!complete);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

try {
  process.exit(await main());
} catch (error) {
  console.error(`${paint('red', 'npm start:')} ${messageOf(error)}`);
  if (error instanceof UsageError) console.error('npm start -- --help lists the options.');
  process.exit(error instanceof UsageError ? 2 : 1);
}
