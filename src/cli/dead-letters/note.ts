import { deflateRawSync, inflateRawSync } from 'node:zlib';

/**
 * The note of a bookmark: what was left behind, as a bitmap, and who is at work, if anybody: `<base64>` or
 * `<base64>|<token>.<beat>`. The second part stands at one partition only, see `claim.ts`.
 */
export interface NoteParts {
  readonly left: string;
  readonly claim: string | undefined;
}

/** Kafka's `offset.metadata.max.bytes` is 4,096 by default; a claim needs some of it. */
export const longestLeft = 4_064;

const bar = '|';
const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

export function partsOf(note: string): NoteParts {
  const at = note.indexOf(bar);
  if (at === -1) return { left: note, claim: undefined };
  return { left: note.slice(0, at), claim: note.slice(at + 1) };
}

export function noteOf({ left, claim }: NoteParts): string {
  return claim === undefined ? left : `${left}${bar}${claim}`;
}

/** @returns undefined where too much is set for a note */
export function packed(bits: Buffer): string | undefined {
  const left = deflateRawSync(bits).toString('base64');
  return left.length > longestLeft ? undefined : left;
}

/** @throws Error where it is none of ours */
export function unpacked(left: string): Buffer {
  if (left === '') return Buffer.alloc(0);
  if (!base64.test(left)) throw new Error('it is no base64');
  return inflateRawSync(Buffer.from(left, 'base64'));
}
