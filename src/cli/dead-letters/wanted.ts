import type { DeadLetter } from './letter.ts';

/** Which dead letters are meant; everything given must hold. */
export interface Wanted {
  /** The topic that refused them. */
  readonly topic?: string | undefined;
  readonly code?: string | undefined;
  readonly key?: string | undefined;
  /** Refused at this time or later, in ms since the epoch. */
  readonly since?: number | undefined;
}

export function isWanted({ topic, code, key, since }: Wanted, letter: DeadLetter): boolean {
  return (
    (topic === undefined || topic === letter.topic) &&
    (code === undefined || code === letter.code) &&
    (key === undefined || key === letter.stored.key?.toString()) &&
    (since === undefined || Date.parse(letter.time) >= since)
  );
}
