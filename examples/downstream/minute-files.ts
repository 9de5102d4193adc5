import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sorted, type MinuteRow } from './expected.ts';

/** Reads what an engine wrote: files of one JSON a line, with the columns of the examples. In order of minute and name. */
export function readMinutes(folder: string): MinuteRow[] {
  const lines = globSync(join(folder, 'part-*')).flatMap((file) => readFileSync(file, 'utf8').split('\n'));
  return sorted(lines.filter((line) => line !== '').map(minuteRow));
}

function minuteRow(line: string): MinuteRow {
  const row = JSON.parse(line) as { minute: string; name: string; events: number; items?: number | null };
  const { minute, name, events, items } = row;
  // Flink writes no zone and Spark writes Z; both were told UTC.
  const counted = { minute: minute.slice(0, 16), name, events };
  return items === null || items === undefined ? counted : { ...counted, items };
}
