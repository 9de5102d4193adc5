import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chartOf } from './chart.ts';
import { shortName, type Conditions } from './machine.ts';
import { partNames } from './parts.ts';
import type { Column, Part } from './row.ts';
import type { PartSummary, RowSummary, Verdict } from './verdict.ts';

export interface Report {
  readonly conditions: Conditions;
  readonly rounds: number;
  readonly parts: Readonly<Record<string, PartSummary>>;
}

/** Writes JSON, markdown and, where flows were measured, the chart. Returns the files' path without their ending. */
export function writeReport(report: Report, plans: Readonly<Record<string, Part>>, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, nameOf(report));
  writeFileSync(`${path}.json`, `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(`${path}.md`, markdownOf(report, plans));
  const { flow } = report.parts;
  if (flow !== undefined) writeFileSync(`${path}.svg`, chartOf(flow.rows, report.conditions));
  return path;
}

/** Date and machine; then the parts, where not all were measured, so that no run hides another. */
function nameOf({ conditions, parts }: Report): string {
  const measured = Object.keys(parts);
  const some = measured.length < partNames.length ? measured : [];
  return [conditions.date, shortName(conditions), ...some].join('-');
}

export function markdownOf(
  { conditions, rounds, parts }: Report,
  plans: Readonly<Record<string, Part>>,
): string {
  const { date, cores, cpu, memoryGiB, platform, node, kafka, commit, events, loadBefore, pinned } =
    conditions;
  const head = [
    `# Bench, ${date}`,
    '',
    `${String(cores)} cores (${cpu}), ${String(memoryGiB)} GiB, ${platform}; Node ${node}; Kafka ${kafka}; commit ${commit}.`,
    `Data: ${events}. Load average before: ${String(loadBefore)}.${pinned ? ' Broker and row have a core each.' : ''}`,
    `Rows ran in turns, each in its own process; ${rounds === 1 ? 'one round' : `medians of ${String(rounds)} rounds`}. ` +
      'Ratios are taken within a round, then their median.',
    '',
  ];
  const sections = Object.entries(parts).flatMap(([name, part]) =>
    sectionOf(part, plans[name]?.columns ?? []),
  );
  return [...head, ...sections].join('\n');
}

export function sectionOf(part: PartSummary, columns: readonly Column[]): string[] {
  return [
    `## ${part.title}`,
    '',
    part.method,
    '',
    tableLine(['', ...columns.map(({ title }) => title)]),
    tableLine(['---', ...columns.map(() => '---:')]),
    ...part.rows.map((row) => tableLine([row.name, ...cellsOf(row, columns)])),
    '',
    tableLine(['target', 'measured', '']),
    tableLine(['---', '---:', '---']),
    ...part.targets.map((target) =>
      tableLine([promiseOf(target), numberOf(target.value, 2), wordOf(target)]),
    ),
    '',
  ];
}

function cellsOf({ skipped, median }: RowSummary, columns: readonly Column[]): string[] {
  if (skipped !== undefined) return columns.map((_, index) => (index === 0 ? `not run: ${skipped}` : ''));
  return columns.map(({ figure, digits }) => numberOf(median[figure], digits));
}

function promiseOf({ row, figure, against, beyond, bound, limit, unit = '' }: Verdict): string {
  const sign = bound === 'at least' ? '≥' : '≤';
  const promise = `${row}: ${figure} ${sign} ${String(limit)}${unit}`;
  if (against !== undefined) return `${promise} × ${against}`;
  return beyond === undefined ? promise : `${promise} more than ${beyond}`;
}

function wordOf({ met }: Verdict): string {
  if (met === undefined) return 'not measured';
  return met ? 'met' : '**missed**';
}

function numberOf(value: number | undefined, digits: number): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
