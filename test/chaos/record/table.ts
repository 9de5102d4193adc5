import { scenarios } from '../scenarios/all.ts';
import type { Verdict } from '../verdict/judge.ts';
import { readRecords, soakPrefix, type Record } from './record.ts';

const columns = ['sent', 'rejected', 'lost', 'duplicates', 'out of order', 'push p50 / p99 / max, ms'];

/** The recorded runs as a table for the docs, in the order of the scenarios; several runs of one stand side by side. */
export function chaosTable(): string {
  const records = readRecords();
  const known = scenarios.flatMap(({ name }) => records.find(({ scenario }) => scenario === name) ?? []);
  return table('scenario', known, ({ scenario, story }) => `**${scenario}**: ${story}`);
}

/** The recorded soaks, each by its command line. */
export function soakTable(): string {
  const soaks = readRecords().filter(({ scenario }) => scenario.startsWith(soakPrefix));
  return table('`npm run soak --`', soaks, ({ scenario }) => `\`${scenario.slice(soakPrefix.length)}\``);
}

function table(first: string, records: readonly Record[], name: (of: Record) => string): string {
  return [
    `| ${[first, ...columns].join(' | ')} |`,
    `|${'---|'.repeat(columns.length + 1)}`,
    ...records.map((of) => rowOf(name(of), of)),
    '',
    ...conditions(records),
  ].join('\n');
}

function rowOf(name: string, { runs }: Record): string {
  const each = (figure: (verdict: Verdict) => number): string =>
    runs.map((verdict) => figure(verdict).toLocaleString('en-US')).join(', ');
  const push = runs.map(({ push: { p50, p99, max } }) => `${String(p50)} / ${String(p99)} / ${String(max)}`);
  return `| ${[
    name,
    each(({ sent }) => sent),
    each(({ rejected }) => rejected),
    each(({ lost }) => lost),
    runs.map(duplicatesOf).join(', '),
    each(({ outOfOrder }) => outOfOrder),
    push.join('; '),
  ].join(' | ')} |`;
}

/** Where our process was killed, also how many there would be had none of them been recognised. */
function duplicatesOf({ duplicates, kills }: Verdict): string {
  const figure = duplicates.toLocaleString('en-US');
  if (kills === undefined) return figure;
  const stored = kills.reduce((sum, kill) => sum + kill.stored, 0);
  return `${figure} of ${stored.toLocaleString('en-US')}`;
}

/** When and where, once for all rows that have it in common. */
function conditions(records: readonly Record[]): string[] {
  const groups = Map.groupBy(records, ({ date, machine }) => `${date}, ${machine}`);
  return [...groups].map(([words, of]) => {
    const loads = of.map(({ load }) => load);
    const [least, most] = [String(Math.min(...loads)), String(Math.max(...loads))];
    const commits = [...new Set(of.map(({ commit }) => commit))].join(', ');
    return (
      `Measured ${words}; commit ${commits}; load average ${least === most ? least : `${least} to ${most}`}, ` +
      'the three brokers on the same machine.'
    );
  });
}
