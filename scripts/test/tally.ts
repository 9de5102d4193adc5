import { resolve } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const none: Tally = { passed: 0, failed: 0, skipped: 0 };

export const add = (a: Tally, b: Tally): Tally => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

/** The runner's last line, which other programs read. */
export const summary = ({ passed, failed, skipped }: Tally): string =>
  `${String(passed)} passed, ${String(failed)} failed${skipped > 0 ? `, ${String(skipped)} skipped` : ''}`;

export type Verdict = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>;

/** @param files the files of the run: one without a test reports itself as a test that passed */
export function count(tally: Tally, event: Verdict, files: readonly string[]): Tally {
  const { name, skip, todo, details } = event.data;
  if (details.type === 'suite' && event.type === 'test:pass') return tally;
  if (todo !== undefined || (event.type === 'test:pass' && skip !== undefined))
    return { ...tally, skipped: tally.skipped + 1 };
  if (event.type === 'test:pass')
    return files.includes(resolve(name)) ? tally : { ...tally, passed: tally.passed + 1 };
  // Suites fail with the tests in them; on their own they fail only when a hook does. Files: when they cannot load.
  const { error } = event.data.details;
  const byItself = !('failureType' in error) || error.failureType !== 'subtestsFailed';
  return byItself ? { ...tally, failed: tally.failed + 1 } : tally;
}
