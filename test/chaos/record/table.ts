import { scenarios } from '../scenarios/all.ts';
import type { Verdict } from '../verdict/judge.ts';
import { readRecords, type Record } from './record.ts';

const columns = [
  'scenario',
  'sent',
  'rejected',
  'lost',
  'duplicates',
  'out of order',
  'push p50 / p99 / max, ms',
];

/** The recorded runs as a table for the docs, in the order of the scenarios; several runs of one stand side by side. */
export function chaosTable(): string {
  const records = readRecords();
  const known = scenarios.flatMap(({ name }) => records.find(({ scenario }) => scenario === name) ?? []);
  const rows = known.map(rowOf);
  return [
    `| ${columns.join(' | ')} |`,
    `|${'---|'.repeat(columns.length)}`,
    ...rows,
    '',
    ...conditions(known),
  ].join('\n');
}

function rowOf({ scenario, story, runs }: Record): string {
  const each = (figure: (verdict: Verdict) => number): string =>
    runs.map((verdict) => figure(verdict).toLocaleString('en-US')).join(', ');
  const push = runs.map(({ push: { p50, p99, max } }) => `${String(p50)} / ${String(p99)} / ${String(max)}`);
  return `| ${[
    `**${scenario}**: ${story}`,
    each(({ sent }) => sent),
    each(({ rejected }) => rejected),
    each(({ lost }) => lost),
    each(({ duplicates }) => duplicates),
    each(({ outOfOrder }) => outOfOrder),
    push.join('; '),
  ].join(' | ')} |`;
}

/** When and where, once for all rows that have it in common. */
function conditions(records: readonly Record[]): string[] {
  const groups = Map.groupBy(records, ({ date, machine }) => `${date}, ${machine}`);
  return [...groups].map(([words, of]) => {
    const loads = of.map(({ load }) => load);
    const commits = [...new Set(of.map(({ commit }) => commit))].join(', ');
    return (
      `Measured ${words}; commit ${commits}; load average ${String(Math.min(...loads))} to ` +
      `${String(Math.max(...loads))}, the three brokers on the same machine.`
    );
  });
}
