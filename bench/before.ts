import type { Part, Row, Target } from './row.ts';

/** Figures where less is better, and by how much a version may exceed the one before. */
const costs = ['main', 'cpu', 'p50', 'p99', 'growth', 'peak'];
const most = 1.02;
/** Of the rate; a part of it is the broker's. */
const least = 0.98;

/**
 * The part with each of its rows a second time, from another checkout of this repository: old and new by turns, in one run.
 * Rows of yardsticks are left out.
 */
export function besideBefore(part: Part, checkout: string): Part {
  const ours = part.rows.filter(
    ({ name }) =>
      (part.publicOnly === true && !/sink|public destination/.test(name)) ||
      /ours|spool|replay|long|frozen, (engine|flow)/.test(name),
  );
  const older = part.publicOnly === true ? { package: checkout } : { checkout };
  return {
    ...part,
    rows: ours.flatMap((row): Row[] => [{ ...row, name: before(row.name), ...older }, row]),
    targets: part.columns.flatMap(({ figure }): Target[] => {
      if (figure !== 'rate' && !costs.includes(figure)) return [];
      const bound = figure === 'rate' ? 'at least' : 'at most';
      const limit = figure === 'rate' ? least : most;
      return ours.map(({ name }) => ({ row: name, figure, against: before(name), bound, limit }));
    }),
  };
}

const prefix = 'before: ';

const before = (name: string): string => `${prefix}${name}`;

/** The name by which the other checkout knows a row. */
export const nameThere = (name: string): string => name.replace(prefix, '');
