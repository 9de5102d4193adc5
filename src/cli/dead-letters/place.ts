import { packed, partsOf, unpacked } from './note.ts';

/** A bookmark as the cluster keeps it: an offset, and a note of limited size. */
export interface Bookmark {
  readonly offset: bigint;
  readonly note: string;
}

/**
 * How far re-sending has come in one partition. A filter leaves letters behind, and so does a topic that refuses one again:
 * these are remembered one by one, so that a later run takes exactly those.
 */
export class Place {
  /** Everything before it has been looked at. */
  #next: bigint;
  readonly #left: Set<bigint>;

  private constructor(next: bigint, left: Set<bigint>) {
    this.#next = next;
    this.#left = left;
  }

  /**
   * @param first the first offset that the partition still has
   * @param end what it will have next: a bookmark beyond it belongs to a topic of the same name that is gone
   * @throws Error where the note is none of ours
   */
  static from(bookmark: Bookmark | undefined, first: bigint, end: bigint): Place {
    if (bookmark === undefined || bookmark.offset > end) return new Place(first, new Set());
    const bits = unpacked(partsOf(bookmark.note).left);
    const left = new Set<bigint>();
    let next = bookmark.offset;
    for (const [index, byte] of bits.entries()) {
      for (let bit = 0; bit < 8; bit += 1) {
        const offset = bookmark.offset + BigInt(index * 8 + bit);
        if ((byte & (1 << bit)) === 0) continue;
        left.add(offset);
        next = offset;
      }
    }
    // The highest bit stands for what was not looked at yet.
    left.delete(next);
    for (const offset of left) if (offset < first) left.delete(offset);
    return new Place(next > first ? next : first, left);
  }

  copy(): Place {
    return new Place(this.#next, new Set(this.#left));
  }

  /** Where reading has to begin. */
  get start(): bigint {
    let start = this.#next;
    for (const offset of this.#left) if (offset < start) start = offset;
    return start;
  }

  /** Whether the record at this offset was re-sent, or never has to be. */
  isDone(offset: bigint): boolean {
    return offset < this.#next && !this.#left.has(offset);
  }

  /** The record at this offset has been looked at, and those before it that there were. */
  pass(offset: bigint, done: boolean): void {
    if (offset >= this.#next) this.#next = offset + 1n;
    if (done) this.#left.delete(offset);
    else this.#left.add(offset);
  }

  /** Undefined where too many lie scattered between those that are done: no note could hold that. */
  toBookmark(): Bookmark | undefined {
    const offset = this.start;
    const next = Number(this.#next - offset);
    if (next === 0) return { offset, note: '' };
    const bits = Buffer.alloc(Math.floor(next / 8) + 1);
    const set = (index: number): void => {
      bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
    };
    for (const left of this.#left) set(Number(left - offset));
    set(next);
    const note = packed(bits);
    return note === undefined ? undefined : { offset, note };
  }
}
