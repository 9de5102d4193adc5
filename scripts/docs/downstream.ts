import { shopEvents } from '../../examples/downstream/events.ts';
import { rowsOneByOne, rowsPerMinute } from '../../examples/downstream/expected.ts';
import { table } from './table.ts';

/** docs/downstream.md: the first rows that the engines write, which `npm run test:downstream` holds them to. */

const shown = 5;

export const eventRows = (): string => rowsTable(rowsOneByOne(shopEvents()));

export const minuteRows = (): string => rowsTable(rowsPerMinute(shopEvents()));

function rowsTable(rows: readonly object[]): string {
  const first = rows.slice(0, shown);
  const columns = [...new Set(first.flatMap((row) => Object.keys(row)))];
  const cells = first.map((row) => new Map<string, unknown>(Object.entries(row)));
  return table(
    columns,
    cells.map((row) => columns.map((column) => String(row.get(column) ?? ''))),
  );
}
