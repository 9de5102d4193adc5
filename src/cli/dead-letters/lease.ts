import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaError } from '../../model/errors.ts';
import type { CommittedOffset, OffsetStore } from '../../transport/port.ts';

/** Milliseconds, but for `looks`. */
export interface LeaseTiming {
  /** Between taking the lease and its first use: whoever saw no lease before has written its own by then. */
  readonly grace: number;
  readonly heartbeat: number;
  /** Somebody else's lease is read so often, at this distance. If it never changes, its run was killed. */
  readonly looks: number;
  readonly lookEvery: number;
}

export const leaseTiming: LeaseTiming = { grace: 1_000, heartbeat: 3_000, looks: 15, lookEvery: 1_000 };

/** The consumer group, without members, whose offsets say what was re-sent. */
export function groupOf(topic: string): string {
  return `walkeros-kafka-resend.${topic}`;
}

/**
 * Lets one run at a time re-send from a topic. Offset commits know no compare-and-set: the last writer wins. So a run writes
 * its token into the metadata of one partition's committed offset, waits until every other run that saw no lease has done the
 * same, and goes on only if it reads its own token again. It reads the token once more before it sends and before it commits:
 * a run that was overtaken stops there, with at most one batch sent and not committed.
 *
 * No clocks are compared: a lease lives as long as its heartbeat changes. docs/decisions/0013 says why this is no membership in
 * the group.
 */
export class Lease {
  readonly #topic: string;
  readonly #partition: number;
  readonly #offsetStore: OffsetStore;
  readonly #timing: LeaseTiming;
  readonly #token = randomBytes(6).toString('base64url');
  #heartbeats = 0;
  /** The committed offset that carries the lease. */
  #committed: CommittedOffset;
  /** The read and the write of one step must not be interleaved with those of a heartbeat. */
  #turn: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #released = false;

  /** @param initial what to commit if the partition has no committed offset yet */
  constructor(
    topic: string,
    partition: number,
    initial: CommittedOffset,
    offsetStore: OffsetStore,
    timing: LeaseTiming,
  ) {
    this.#topic = topic;
    this.#partition = partition;
    this.#committed = initial;
    this.#offsetStore = offsetStore;
    this.#timing = timing;
  }

  /**
   * @param onOther called once if another run may be alive, with the longest time it takes to find out, in ms
   * @returns false if `signal` came first
   * @throws KafkaError RESEND_IN_USE
   */
  async take(signal: AbortSignal, onOther: (ms: number) => void): Promise<boolean> {
    const { grace, looks, lookEvery } = this.#timing;
    let found = await this.#find();
    const other = leaseIn(found);
    if (other !== undefined) onOther(looks * lookEvery);
    for (let look = 0; look < looks && leaseIn(found) !== undefined; look += 1) {
      if (!(await slept(lookEvery, signal))) return false;
      found = await this.#find();
      if (leaseIn(found) !== undefined && leaseIn(found) !== other) throw this.#inUse();
    }
    if (found !== undefined) this.#committed = { ...found, note: splitNote(found.note).skipped };
    await this.#write(this.#partition, this.#committed);
    if (!(await slept(grace, signal))) return false;
    await this.assertOurs();
    this.#scheduleHeartbeat();
    return true;
  }

  /** @throws KafkaError RESEND_IN_USE */
  assertOurs(): Promise<void> {
    return this.#inTurn(async () => {
      if (!(await this.#isOurs())) throw this.#inUse();
    });
  }

  /** @throws KafkaError RESEND_IN_USE, or as the offset store's */
  commit(partition: number, committedOffset: CommittedOffset): Promise<void> {
    return this.#inTurn(async () => {
      if (!(await this.#isOurs())) throw this.#inUse();
      await this.#write(partition, committedOffset);
      if (partition === this.#partition) this.#committed = committedOffset;
    });
  }

  /** Lets the next run begin at once. Never rejects: a lease that is not removed expires. */
  release(): Promise<void> {
    this.#released = true;
    clearTimeout(this.#timer);
    return this.#inTurn(async () => {
      if (!(await this.#isOurs())) return;
      const offsets = new Map([[this.#partition, this.#committed]]);
      await this.#offsetStore.commit(groupOf(this.#topic), this.#topic, offsets);
    }).catch(() => undefined);
  }

  /** Each heartbeat waits for the one before: on a slow cluster they would pile up in front of a commit. */
  #scheduleHeartbeat(): void {
    if (this.#released) return;
    const renewed = (): Promise<void> =>
      // If it fails, or the lease is lost, the run finds out by itself.
      this.#inTurn(async () => {
        if (await this.#isOurs()) await this.#write(this.#partition, this.#committed);
      }).catch(() => undefined);
    this.#timer = setTimeout(
      () => void renewed().finally(() => this.#scheduleHeartbeat()),
      this.#timing.heartbeat,
    );
  }

  async #isOurs(): Promise<boolean> {
    return leaseIn(await this.#find())?.startsWith(`${this.#token}.`) === true;
  }

  async #find(): Promise<CommittedOffset | undefined> {
    const found = await this.#offsetStore.fetch(groupOf(this.#topic), this.#topic, [this.#partition]);
    return found.get(this.#partition);
  }

  async #write(partition: number, { offset, note }: CommittedOffset): Promise<void> {
    const lease = partition === this.#partition ? `${separator}${this.#token}.${++this.#heartbeats}` : '';
    const offsets = new Map([[partition, { offset, note: `${note}${lease}` }]]);
    await this.#offsetStore.commit(groupOf(this.#topic), this.#topic, offsets);
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

const separator = '|';

/** The metadata of a committed offset: `<skipped>`, and on one partition the lease: `<skipped>|<token>.<heartbeat>`. */
export function splitNote(note: string): { readonly skipped: string; readonly lease: string | undefined } {
  const at = note.indexOf(separator);
  if (at === -1) return { skipped: note, lease: undefined };
  return { skipped: note.slice(0, at), lease: note.slice(at + 1) };
}

const leaseIn = (found: CommittedOffset | undefined): string | undefined =>
  found && splitNote(found.note).lease;

/** @returns false if `signal` came first */
async function slept(ms: number, signal: AbortSignal): Promise<boolean> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}
