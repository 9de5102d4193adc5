import { shopEvents } from '../../examples/downstream/events.ts';
import {
  rowsOneByOne,
  rowsPerMinute,
  type EventRow,
  type MinuteRow,
} from '../../examples/downstream/expected.ts';
import { table } from './table.ts';

/** docs/downstream.md: the first rows that the engines write, which `npm run test:downstream` holds them to. */

const shown = 5;

export const eventRows = (): string => rowsTable(rowsOneByOne(shopEvents()));

export const minuteRows = (): string => rowsTable(rowsPerMinute(shopEvents()));

function rowsTable(rows: readonly (EventRow | MinuteRow)[]): string {
  const first = rows.slice(0, shown).map((row) => new Map<string, string | number>(Object.entries(row)));
  const columns = [...new Set(first.flatMap((row) => [...row.keys()]))];
  return table(
    columns,
    first.map((row) => columns.map((column) => String(row.get(column) ?? ''))),
  );
}
