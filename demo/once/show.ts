import type { Arrival } from '../live/arrival.ts';
import { foldJson } from './fold-json.ts';
import { field, margin } from '../terminal/field.ts';
import { printable, type Paint } from '../terminal/paint.ts';

/** A record as people read it: everything that Kafka keeps of it. */
export function showRecord(record: Arrival, paint: Paint, columns = 110): string {
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

const textOf = (bytes: Buffer | null): string => (bytes === null ? 'null' : printable(bytes.toString()));
