import type { Figures, Part, Target } from './row.ts';
import { Skipped } from './row.ts';
import type { Runs } from './rounds.ts';
import { median } from './statistics.ts';

export interface RowSummary {
  readonly name: string;
  /** Why there are no figures. */
  readonly skipped?: string;
  readonly median: Figures;
  readonly rounds: readonly Figures[];
}

export interface Verdict extends Target {
  /** The figure, or the median of the rounds' ratios; undefined where a row is missing. */
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
    if (rounds instanceof Skipped) return { name, skipped: firstLine(rounds.message), median: {}, rounds: [] };
    return { name, median: medians(rounds), rounds };
  });
  return {
    title: part.title,
    method: part.method,
    rows,
    targets: part.targets.map((target) => judge(target, rows)),
  };
}

/** Ratios are taken within a round, whose rows ran under like conditions, and only then is their median. */
function judge(target: Target, rows: readonly RowSummary[]): Verdict {
  const values = figuresOf(target.row, target.figure, rows);
  const against = target.against === undefined ? undefined : figuresOf(target.against, target.figure, rows);
  const ratios = values.map((value, round) => (against === undefined ? value : value / (against[round] ?? NaN)));
  if (ratios.length === 0 || ratios.some(Number.isNaN)) return { ...target, value: undefined, met: undefined };
  const value = median(ratios);
  return { ...target, value, met: target.bound === 'at least' ? value >= target.limit : value <= target.limit };
}

function figuresOf(name: string, figure: string, rows: readonly RowSummary[]): number[] {
  const row = rows.find((row) => row.name === name);
  return (row?.rounds ?? []).map((figures) => figures[figure] ?? NaN);
}

function medians(rounds: readonly Figures[]): Figures {
  const names = Object.keys(rounds[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((figures) => figures[name] ?? NaN))]));
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
