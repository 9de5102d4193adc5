import type { StoredRecord } from '../scripts/kafka/console-format.ts';
import { foldJson } from './fold-json.ts';
import { printable, type Paint } from './paint.ts';

const margin = '           ';

/** A record as people read it: everything that Kafka keeps of it. */
export function showRecord(record: StoredRecord, paint: Paint, columns = 110): string {
  const { topic, partition, offset, timestamp, key, headers, value } = record;
  const time = timestamp < 0 ? 'no timestamp' : new Date(timestamp).toISOString();
  const place = `partition ${partition} · offset ${offset} · ${time}`;
  const pairs = headers.map(([name, content]) => `${printable(name)}: ${textOf(content)}`);
  const body =
    value === null ? 'null' : foldJson(value.toString(), Math.max(40, columns - margin.length), paint);
  return [
    '',
    `${paint('bold', printable(topic))}  ${paint('dim', place)}`,
    field('key', paint('cyan', textOf(key)), paint),
    field('headers', pairs.length === 0 ? 'none' : pairs.join(' · '), paint),
    field('value', body.replaceAll('\n', `\n${margin}`), paint),
  ].join('\n');
}

/** One line of the head and of a record: the label in its column. */
export function field(label: string, text: string, paint: Paint): string {
  return `  ${paint('dim', label.padEnd(margin.length - 2))}${text}`;
}

const textOf = (bytes: Buffer | null): string => (bytes === null ? 'null' : printable(bytes.toString()));
