import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaError } from '../../model/errors.ts';
import { noteOf, partsOf } from './note.ts';
import type { Bookmark } from './place.ts';
import { groupOf, type Memory } from './ports.ts';

/** Milliseconds, but for `looks`. */
export interface ClaimTiming {
  /** Between a claim and its first use: whoever had seen none has then written its own, too. */
  readonly settle: number;
  /** Between two signs of life. */
  readonly beat: number;
  /** Somebody else's claim is looked at so often, at this distance; unchanged all the time, it is left by a run that was killed. */
  readonly looks: number;
  readonly lookEvery: number;
}

export const claimTiming: ClaimTiming = { settle: 1_000, beat: 3_000, looks: 15, lookEvery: 1_000 };

/**
 * Who may re-send from a topic: one run at a time. The cluster's memory knows no compare-and-set, and the last writer wins. So
 * a run writes its token beside the bookmark of one partition, lets all others do the same that have seen none, and goes on
 * only where it reads its own again. It reads it once more before it sends and before it keeps anything: an overtaken run
 * stops there, with at most one batch sent and not remembered.
 *
 * No clocks are compared: a claim lives as long as its beat changes.
 */
export class Claim {
  readonly #topic: string;
  readonly #partition: number;
  readonly #memory: Memory;
  readonly #timing: ClaimTiming;
  readonly #token = randomBytes(6).toString('base64url');
  #beats = 0;
  /** The bookmark beside which the claim stands. */
  #kept: Bookmark;
  /** Reading and writing must not be interleaved with that of a beat. */
  #turn: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #released = false;

  /** @param unknown the bookmark where the memory has none yet */
  constructor(topic: string, partition: number, unknown: Bookmark, memory: Memory, timing: ClaimTiming) {
    this.#topic = topic;
    this.#partition = partition;
    this.#kept = unknown;
    this.#memory = memory;
    this.#timing = timing;
  }

  /**
   * @param onOther told once, where it has to be found out whether another run lives; so many ms at most
   * @returns false where it was stopped first
   * @throws KafkaError RESEND_IN_USE
   */
  async take(signal: AbortSignal, onOther: (ms: number) => void): Promise<boolean> {
    const { settle, looks, lookEvery } = this.#timing;
    let bookmark = await this.#find();
    const other = claimOf(bookmark);
    if (other !== undefined) onOther(looks * lookEvery);
    for (let look = 0; look < looks && claimOf(bookmark) !== undefined; look += 1) {
      if (!(await slept(lookEvery, signal))) return false;
      bookmark = await this.#find();
      if (claimOf(bookmark) !== undefined && claimOf(bookmark) !== other) throw this.#inUse();
    }
    if (bookmark !== undefined) this.#kept = { ...bookmark, note: partsOf(bookmark.note).left };
    await this.#write(this.#partition, this.#kept);
    if (!(await slept(settle, signal))) return false;
    await this.assertOurs();
    this.#beatLater();
    return true;
  }

  /** @throws KafkaError RESEND_IN_USE */
  assertOurs(): Promise<void> {
    return this.#inTurn(() => this.#mustBeOurs());
  }

  /** @throws KafkaError RESEND_IN_USE, or as the memory's */
  keep(partition: number, bookmark: Bookmark): Promise<void> {
    return this.#inTurn(async () => {
      await this.#mustBeOurs();
      await this.#write(partition, bookmark);
      if (partition === this.#partition) this.#kept = bookmark;
    });
  }

  /** Lets the next run begin at once. Never rejects: a claim that stays dies by itself. */
  release(): Promise<void> {
    this.#released = true;
    clearTimeout(this.#timer);
    return this.#inTurn(async () => {
      if (!(await this.#isOurs())) return;
      const bookmarks = new Map([[this.#partition, this.#kept]]);
      await this.#memory.keep(groupOf(this.#topic), this.#topic, bookmarks);
    }).catch(() => undefined);
  }

  /** The next one only after this one has ended: those of a slow cluster would pile up before what has to be kept. */
  #beatLater(): void {
    if (this.#released) return;
    this.#timer = setTimeout(() => void this.#renew().finally(() => this.#beatLater()), this.#timing.beat);
  }

  /** Where it fails, or the claim is lost, the run finds out by itself. */
  #renew(): Promise<void> {
    return this.#inTurn(async () => {
      if (await this.#isOurs()) await this.#write(this.#partition, this.#kept);
    }).catch(() => undefined);
  }

  async #mustBeOurs(): Promise<void> {
    if (!(await this.#isOurs())) throw this.#inUse();
  }

  async #isOurs(): Promise<boolean> {
    return claimOf(await this.#find())?.startsWith(`${this.#token}.`) === true;
  }

  async #find(): Promise<Bookmark | undefined> {
    const kept = await this.#memory.find(groupOf(this.#topic), this.#topic, [this.#partition]);
    return kept.get(this.#partition);
  }

  async #write(partition: number, { offset, note }: Bookmark): Promise<void> {
    const claim = partition === this.#partition ? `${this.#token}.${++this.#beats}` : undefined;
    const bookmarks = new Map([[partition, { offset, note: noteOf({ left: note, claim }) }]]);
    await this.#memory.keep(groupOf(this.#topic), this.#topic, bookmarks);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #inUse(): KafkaError {
    return new KafkaError(
      'RESEND_IN_USE',
      `Dead-letter topic "${this.#topic}": another resend is at work on it. Wait for it to end, then run this again.`,
      { topic: this.#topic },
    );
  }
}

const claimOf = (bookmark: Bookmark | undefined): string | undefined =>
  bookmark && partsOf(bookmark.note).claim;

/** @returns false where it was stopped */
async function slept(ms: number, signal: AbortSignal): Promise<boolean> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}
