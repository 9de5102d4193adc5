import type { TestEvent } from 'node:test/reporters';
import { count, none } from './tally.ts';

/** A reporter of Node's runner that writes the tally of a run, as JSON, when it is through. */
export default async function* countReporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let tally = none;
  for await (const event of events) {
    if (event.type === 'test:pass' || event.type === 'test:fail') tally = count(tally, event, []);
  }
  yield JSON.stringify(tally);
}
