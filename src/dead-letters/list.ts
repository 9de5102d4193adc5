import { letterOf, type DeadLetter } from './letter.ts';
import { Place } from './place.ts';
import { groupOf, patience, type Letters, type Memory } from './ports.ts';
import { isWanted, type Wanted } from './wanted.ts';

export interface Listed {
  readonly letter: DeadLetter;
  /** Whether `resend` has sent it. */
  readonly resent: boolean;
}

/** The dead letters that the topic holds now, in the order of each partition. */
export async function* listLetters(
  topic: string,
  wanted: Wanted,
  letters: Letters,
  memory: Memory,
): AsyncGenerator<Listed, void, undefined> {
  const [firsts, ends] = await Promise.all([letters.offsets(topic, 'first'), letters.offsets(topic, 'end')]);
  const bookmarks = await memory.find(groupOf(topic), topic, [...ends.keys()]);
  const places = new Map(
    [...ends].map(([partition, end]) => [
      partition,
      Place.from(bookmarks.get(partition), firsts.get(partition) ?? 0n, end),
    ]),
  );
  for await (const { records } of letters.read(topic, firsts, { until: ends, patience })) {
    for (const record of records) {
      if (record.offset >= (ends.get(record.partition) ?? 0n)) continue;
      const letter = letterOf(record);
      if (letter === undefined || !isWanted(wanted, letter)) continue;
      yield { letter, resent: places.get(record.partition)?.isDone(record.offset) ?? false };
    }
  }
}
