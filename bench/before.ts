import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { noPretenuring, type Part, type Row, type Target } from './row.ts';

/** Figures where less is better, and by how much a version may exceed the one before. */
const costs = ['main', 'cpu', 'p50', 'p99', 'growth', 'peak'];
const most = 1.02;
/** Of the rate; a part of it is the broker's. */
const least = 0.98;

/**
 * The part with each of its rows a second time, from another checkout of this repository: old and new by turns, in one run.
 * Rows of yardsticks are left out, and so is chance (`noPretenuring`).
 * @param own the folder of `cloneOfOwn`
 */
export function besideBefore(part: Part, checkout: string, own: string): Part {
  const ours = part.rows.filter(
    ({ name }) =>
      (part.publicOnly === true && !/sink|public destination/.test(name)) ||
      /ours|spool|replay|long|frozen, (engine|flow)/.test(name),
  );
  const [older, newer] =
    part.publicOnly === true ? [{ package: checkout }, { package: own }] : [{ checkout }, {}];
  return {
    ...part,
    rows: ours.flatMap((row): Row[] => {
      const nodeFlags = [...(row.nodeFlags ?? []), noPretenuring];
      return [
        { ...row, name: before(row.name), nodeFlags, ...older },
        { ...row, nodeFlags, ...newer },
      ];
    }),
    targets: part.columns.flatMap(({ figure }): Target[] => {
      if (figure !== 'rate' && !costs.includes(figure)) return [];
      const bound = figure === 'rate' ? 'at least' : 'at most';
      const limit = figure === 'rate' ? least : most;
      return ours.map(({ name }) => ({ row: name, figure, against: before(name), bound, limit }));
    }),
  };
}

/**
 * This checkout once more, as links. A package that shares its modules with the bench (the collector's, kafkajs) was a tenth slower
 * with kafkajs and `config.batch` than the same one from another checkout, which has its own.
 * @returns its folder, and what removes it
 */
export function cloneOfOwn(): { readonly folder: string; readonly remove: () => void } {
  const repository = fileURLToPath(new URL('..', import.meta.url));
  const folder = mkdtempSync(join(repository, '.bench-'));
  const entries = ['src', 'node_modules', 'dist', 'package.json'].map((entry) => join(repository, entry));
  // Copies where the system knows no links.
  for (const entry of entries.filter((path) => existsSync(path)))
    if (spawnSync('cp', ['-al', entry, folder]).status !== 0)
      cpSync(entry, join(folder, basename(entry)), { recursive: true });
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

const prefix = 'before: ';

const before = (name: string): string => `${prefix}${name}`;

/** The name by which the other checkout knows a row. */
export const nameThere = (name: string): string => name.replace(prefix, '');
