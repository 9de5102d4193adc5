import type { Result } from '../run.ts';

/** One line for a scenario, and what is wrong with it below. */
export function lineOf({ scenario, verdict, inDoubt, problems, seconds }: Result): string {
  const { sent, acknowledged, rejected, lost, duplicates, outOfOrder, push } = verdict;
  const figures = [
    `sent ${count(sent)}`,
    `acknowledged ${count(acknowledged)}`,
    `rejected ${count(rejected)}`,
    `lost ${count(lost)}`,
    `duplicates ${count(duplicates)} of ${count(inDoubt)}`,
    `out of order ${count(outOfOrder)}`,
    `push p50 ${count(push.p50)}, p99 ${count(push.p99)}, max ${count(push.max)} ms`,
  ];
  const mark = problems.length === 0 ? '✔' : '✖';
  const line = `${mark} ${scenario.padEnd(28)} ${figures.join(' · ')} (${String(seconds)} s)`;
  return [
    line,
    ...problems.map((problem) => `    ${problem}`),
    ...failuresOf(verdict),
    ...killsOf(verdict),
  ].join('\n');
}

function failuresOf({ failures }: Result['verdict']): string[] {
  return failures.map(({ message, count: times }) => `    ${count(times)} × ${message}`);
}

function killsOf({ kills = [] }: Result['verdict']): string[] {
  if (kills.length === 0) return [];
  const each = kills.map(({ spooled, stored }) => `${count(spooled)} (${count(stored)})`);
  return [`    in the spool at each kill, and of these in Kafka already: ${each.join(', ')}`];
}

const count = (value: number): string => value.toLocaleString('en-US');
