import { isDeepStrictEqual } from 'node:util';
import type { Arrival } from '../live/arrival.ts';
import type { Expected } from './fixed-events.ts';
import { printable } from '../terminal/paint.ts';

/**
 * Holds what was read back against what was to be stored, literally.
 * @param records of this run only
 * @returns a sentence for each difference
 */
export function differences(
  expected: readonly Expected[],
  records: readonly Arrival[],
  run: string,
): string[] {
  const found = new Set<Arrival>();
  const problems = expected.flatMap((one) => {
    // The times of the fixed events are all different.
    const matches = records.filter(({ timestamp }) => timestamp === one.timestamp);
    matches.forEach((record) => found.add(record));
    const [first, ...more] = matches;
    if (!first) return [`${one.name}: not in ${one.topic}`];
    if (more.length > 0) return [`${one.name}: there ${matches.length} times`];
    return compare(one, first, run).map((problem) => `${one.name}: ${problem}`);
  });
  const strangers = records.filter((record) => !found.has(record));
  return [...problems, ...strangers.map((record) => `${placeOf(record)}: nothing like it was sent`)];
}

function compare({ topic, key, value, whole = false }: Expected, record: Arrival, run: string): string[] {
  const headers = record.headers.map(([name, content]) => [name, content?.toString()]);
  const stored = parse(record.value);
  const members = whole ? Object.keys({ ...stored, ...value }) : Object.keys(value);
  return [
    ...difference('topic', record.topic, topic),
    ...difference('key', record.key?.toString(), key),
    ...difference('headers', headers, [
      ['content-type', 'application/json'],
      ['run', run],
    ]),
    ...members.flatMap((member) => difference(`value.${member}`, stored[member], value[member])),
  ];
}

function difference(what: string, stored: unknown, sent: unknown): string[] {
  if (isDeepStrictEqual(stored, sent)) return [];
  return [
    `${what} is ${printable(JSON.stringify(stored) ?? 'missing')}, not ${JSON.stringify(sent) ?? 'missing'}`,
  ];
}

function parse(value: Buffer | null): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(value?.toString() ?? 'null');
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

const placeOf = ({ topic, partition, offset }: Arrival): string =>
  `${topic}, partition ${partition}, offset ${offset}`;
