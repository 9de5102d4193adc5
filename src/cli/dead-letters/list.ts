import { letterOf, type DeadLetter } from './letter.ts';
import { findPlaces } from './places.ts';
import { patience, type Letters, type Memory } from './ports.ts';
import { isWanted, type Wanted } from './wanted.ts';

export interface Listed {
  readonly letter: DeadLetter;
  /** Whether `resend` has sent it. */
  readonly resent: boolean;
}

/** The dead letters that the topic holds now, in the order of each partition. Ends early, without an error, at `signal`. */
export async function* listLetters(
  topic: string,
  wanted: Wanted,
  letters: Letters,
  memory: Memory,
  signal: AbortSignal,
): AsyncGenerator<Listed, void, undefined> {
  const [firsts, ends] = await Promise.all([letters.offsets(topic, 'first'), letters.offsets(topic, 'end')]);
  const found = await findPlaces(topic, firsts, ends, memory);
  const places = new Map(found.map(({ partition, place }) => [partition, place]));
  for await (const { records } of letters.read(topic, firsts, { until: ends, patience, signal })) {
    for (const record of records) {
      if (signal.aborted) return;
      if (record.offset >= (ends.get(record.partition) ?? 0n)) continue;
      const letter = letterOf(record);
      if (letter === undefined || !isWanted(wanted, letter)) continue;
      yield { letter, resent: places.get(record.partition)?.isDone(record.offset) ?? false };
    }
  }
}
