import type { Expectation } from '../scenario.ts';
import type { Verdict } from './judge.ts';

export interface Observed {
  readonly verdict: Verdict;
  /** Records under way when faults struck, together: as many may be stored twice. */
  readonly inDoubt: number;
  /** What the operator saw, in the words of `operator.ts`. */
  readonly log: readonly string[];
  /** Pushes succeeded again after the last fault, in the same process. */
  readonly recovered: boolean;
}

/** What is not as it must be; nothing, where the scenario is passed. Speed is no criterion: machines differ. */
export function problemsOf(expect: Expectation, { verdict, inDoubt, log, recovered }: Observed): string[] {
  const { lost, outOfOrder, rejected, duplicates, failures, kills = [] } = verdict;
  const problems: string[] = [];
  const must = (holds: boolean, problem: string): void => {
    if (!holds) problems.push(problem);
  };
  must(lost === 0, `${String(lost)} acknowledged events are lost`);
  must(outOfOrder === 0, `${String(outOfOrder)} events are out of order`);
  must(recovered, 'the stream did not flow again by itself');
  must(expect.rejected !== 'none' || rejected === 0, `${String(rejected)} events were rejected`);
  must(expect.rejected !== 'some' || rejected > 0, 'no event was rejected: the fault was not felt');
  const allowed = expect.duplicates === 'none' ? 0 : inDoubt;
  must(
    duplicates <= allowed,
    `${String(duplicates)} duplicates, at most ${String(allowed)} are accounted for`,
  );
  const struck = kills.filter(({ stored }) => stored > 0).length;
  must(
    struck >= (expect.struck ?? 0),
    `${String(struck)} of ${String(kills.length)} kills struck records on their way, ${String(expect.struck)} must`,
  );
  for (const expected of expect.log) {
    const lines = typeof expected === 'string' ? [expected] : expected;
    const isThere = log.some((seen) => lines.some((line) => seen.startsWith(line)));
    must(isThere, `the log lacks: ${lines.join(' — or: ')}`);
  }
  for (const message of expect.failures ?? []) {
    must(
      failures.some((failure) => failure.message.startsWith(message)),
      `no push failed with: ${message}`,
    );
  }
  return problems;
}
