import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { KafkaError, reasonOf } from '../../model/errors.ts';
import type { CommittedOffset, OffsetStore, Offsets } from '../../transport/port.ts';
import { groupOf, splitNote } from './lease.ts';

/** Kafka's `offset.metadata.max.bytes` is 4,096 by default; a lease needs some of it. */
const longestNote = 4_064;
const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * How far re-sending has come in one partition. A filter skips dead letters, and so does a topic that refuses one again: the
 * offsets of these are kept one by one, as a bitmap, so that a later run takes exactly those.
 */
export class Progress {
  /** Everything before it has been looked at. */
  #next: bigint;
  readonly #skipped: Set<bigint>;

  private constructor(next: bigint, skipped: Set<bigint>) {
    this.#next = next;
    this.#skipped = skipped;
  }

  /**
   * @param first the first offset that the partition still has
   * @param end its next offset: a committed offset beyond it belongs to a deleted topic of the same name
   * @throws Error if another program wrote the note
   */
  static from(committedOffset: CommittedOffset | undefined, first: bigint, end: bigint): Progress {
    if (committedOffset === undefined || committedOffset.offset > end) return new Progress(first, new Set());
    const skipped = new Set<bigint>();
    let next = committedOffset.offset;
    for (const [index, byte] of unpacked(splitNote(committedOffset.note).skipped).entries()) {
      for (let bit = 0; bit < 8; bit += 1) {
        if ((byte & (1 << bit)) === 0) continue;
        next = committedOffset.offset + BigInt(index * 8 + bit);
        skipped.add(next);
      }
    }
    // The highest bit stands for the first offset that was not looked at.
    skipped.delete(next);
    for (const offset of skipped) if (offset < first) skipped.delete(offset);
    return new Progress(next > first ? next : first, skipped);
  }

  copy(): Progress {
    return new Progress(this.#next, new Set(this.#skipped));
  }

  /** Where reading has to begin. */
  get start(): bigint {
    let start = this.#next;
    for (const offset of this.#skipped) if (offset < start) start = offset;
    return start;
  }

  /** How many records before this offset were not re-sent. */
  left(end: bigint): number {
    return Number(end - this.#next) + this.#skipped.size;
  }

  /** Whether the record at this offset was re-sent, or never has to be. */
  isDone(offset: bigint): boolean {
    return offset < this.#next && !this.#skipped.has(offset);
  }

  /** The record at this offset has been looked at, and so have those before it. */
  pass(offset: bigint, done: boolean): void {
    if (offset >= this.#next) this.#next = offset + 1n;
    if (done) this.#skipped.delete(offset);
    else this.#skipped.add(offset);
  }

  /** @returns undefined if too many skipped offsets lie between those that are done: the note could not hold them */
  toCommittedOffset(): CommittedOffset | undefined {
    const offset = this.start;
    const next = Number(this.#next - offset);
    if (next === 0) return { offset, note: '' };
    const bits = Buffer.alloc(Math.floor(next / 8) + 1);
    const set = (index: number): void => {
      bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
    };
    for (const skipped of this.#skipped) set(Number(skipped - offset));
    set(next);
    const note = deflateRawSync(bits).toString('base64');
    return note.length > longestNote ? undefined : { offset, note };
  }
}

function unpacked(note: string): Buffer {
  if (note === '') return Buffer.alloc(0);
  if (!base64.test(note)) throw new Error('it is no base64');
  return inflateRawSync(Buffer.from(note, 'base64'));
}

export interface PartitionProgress {
  readonly partition: number;
  /** Where the partition ended when it was asked. */
  readonly end: bigint;
  /** What is committed; undefined if nothing ever was, and a new one would not fit. */
  readonly committed: CommittedOffset | undefined;
  readonly progress: Progress;
}

/**
 * In the order of the partitions, which is the same for every run.
 * @throws KafkaError RESEND_FAILED if another program has committed to the group, or as the offset store's
 */
export async function readProgress(
  topic: string,
  firsts: Offsets,
  ends: Offsets,
  offsetStore: OffsetStore,
): Promise<PartitionProgress[]> {
  const group = groupOf(topic);
  const offsets = await offsetStore.fetch(group, topic, [...ends.keys()]);
  const sorted = [...ends].toSorted(([one], [other]) => one - other);
  return sorted.map(([partition, end]) => {
    const committedOffset = offsets.get(partition);
    try {
      const progress = Progress.from(committedOffset, firsts.get(partition) ?? 0n, end);
      const committed = committedOffset
        ? { ...committedOffset, note: splitNote(committedOffset.note).skipped }
        : progress.toCommittedOffset();
      return { partition, end, committed, progress };
    } catch (thrown) {
      throw new KafkaError(
        'RESEND_FAILED',
        `Dead-letter topic "${topic}": the metadata that consumer group "${group}" has for partition ${partition} is ` +
          `none of ours (${reasonOf(thrown)}): another program has committed there. Keep it from that; then delete the ` +
          'group, which forgets what was re-sent.',
        { topic, cause: thrown },
      );
    }
  });
}
