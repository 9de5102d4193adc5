import type { Runs } from './rounds.ts';
import { Skipped, type Figures, type Part, type Target } from './row.ts';
import { median } from './statistics.ts';

export interface RowSummary {
  readonly name: string;
  /** Why there are no figures. */
  readonly skipped?: string;
  readonly median: Figures;
  readonly rounds: readonly Figures[];
}

export interface Verdict extends Target {
  /** The figure, or the median of the rounds' comparisons; undefined where a row is missing. */
  readonly value: number | undefined;
  readonly met: boolean | undefined;
}

export interface PartSummary {
  readonly title: string;
  readonly method: string;
  readonly rows: readonly RowSummary[];
  readonly targets: readonly Verdict[];
}

export function summarise(part: Part, runs: Runs): PartSummary {
  const rows = [...runs].map(([name, rounds]): RowSummary => {
    if (rounds instanceof Skipped)
      return { name, skipped: firstLine(rounds.message), median: {}, rounds: [] };
    return { name, median: medians(rounds), rounds };
  });
  return {
    title: part.title,
    method: part.method,
    rows,
    targets: part.targets.map((target) => judge(target, rows)),
  };
}

/** Rows are compared within a round, where they ran under like conditions; the median is that of the comparisons. */
function judge(target: Target, rows: readonly RowSummary[]): Verdict {
  const values = figuresOf(target.row, target.figure, rows);
  const other = figuresOf(target.against ?? target.beyond, target.figure, rows);
  const compared = values.map((value, round) => {
    if (target.against !== undefined) return value / (other[round] ?? NaN);
    return target.beyond === undefined ? value : value - (other[round] ?? NaN);
  });
  if (compared.length === 0 || compared.some(Number.isNaN))
    return { ...target, value: undefined, met: undefined };
  const value = median(compared);
  return {
    ...target,
    value,
    met: target.bound === 'at least' ? value >= target.limit : value <= target.limit,
  };
}

function figuresOf(name: string | undefined, figure: string, rows: readonly RowSummary[]): number[] {
  const row = rows.find((row) => row.name === name);
  return (row?.rounds ?? []).map((figures) => figures[figure] ?? NaN);
}

function medians(rounds: readonly Figures[]): Figures {
  const names = Object.keys(rounds[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [name, median(rounds.map((figures) => figures[name] ?? NaN))]),
  );
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
