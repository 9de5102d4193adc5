import { noLeader } from '../vocabulary/partition.ts';
import type { Clock } from './clock.ts';
import type { Batch, Lane, SliceLimits } from './lane.ts';

export interface GroupCommit extends SliceLimits {
  /** How long a record may wait for others to share its request, in milliseconds; a full lane does not wait. */
  readonly linger: number;
}

interface Leader {
  readonly ready: Set<Lane>;
  /** Since when a request to this broker is out. */
  busySince: number | undefined;
  /** A flush is on its way. */
  scheduled: boolean;
  /** Ends the wait for company, where the flush waits for it. */
  stopLingering: (() => void) | undefined;
}

/**
 * Group commit, per leader: nothing out to a broker → send at once; while a request is out, everything that arrives
 * for its lanes forms the next one. One push alone has the raw round trip, a thousand share a few requests, and a
 * frozen broker delays its own lanes only.
 */
export class Leaders {
  readonly #leaders = new Map<number, Leader>();
  readonly #clock: Clock;
  readonly #settings: GroupCommit;
  readonly #send: (batches: readonly Batch[]) => Promise<void>;

  constructor(clock: Clock, settings: GroupCommit, send: (batches: readonly Batch[]) => Promise<void>) {
    this.#clock = clock;
    this.#settings = settings;
    this.#send = send;
  }

  /** The lane has something to send to its leader. */
  enqueue(lane: Lane): void {
    if (!lane.ready || lane.leader === noLeader) return;
    const leader = this.#of(lane.leader);
    leader.ready.add(lane);
    this.#schedule(leader, lane.bytes >= this.#settings.batchSize);
  }

  /** The lanes that wait behind a request which has been out for longer than `ms`. */
  stalledLanes(ms: number): Lane[] {
    const now = this.#clock.now();
    return [...this.#leaders.values()]
      .filter(({ busySince }) => busySince !== undefined && now - busySince > ms)
      .flatMap(({ ready }) => [...ready]);
  }

  #of(id: number): Leader {
    let leader = this.#leaders.get(id);
    if (leader === undefined) {
      leader = { ready: new Set(), busySince: undefined, scheduled: false, stopLingering: undefined };
      this.#leaders.set(id, leader);
    }
    return leader;
  }

  /** `soon` rather than now: pushes of one burst go together, and one alone loses no measurable time. */
  #schedule(leader: Leader, full: boolean): void {
    if (leader.busySince !== undefined) return;
    if (leader.scheduled) {
      if (!full || leader.stopLingering === undefined) return;
      leader.stopLingering();
    }
    leader.scheduled = true;
    const flush = () => {
      leader.scheduled = false;
      leader.stopLingering = undefined;
      void this.#flush(leader);
    };
    if (this.#settings.linger === 0 || full) {
      leader.stopLingering = undefined;
      this.#clock.soon(flush);
    } else leader.stopLingering = this.#clock.after(this.#settings.linger, flush);
  }

  async #flush(leader: Leader): Promise<void> {
    const batches: Batch[] = [];
    for (const lane of leader.ready) {
      leader.ready.delete(lane);
      const moved = this.#leaders.get(lane.leader) !== leader;
      if (moved) this.enqueue(lane);
      else if (lane.ready) {
        const batch = lane.take(this.#settings);
        if (batch) batches.push(batch);
      }
    }
    if (batches.length === 0) return;
    leader.busySince = this.#clock.now();
    try {
      await this.#send(batches);
    } finally {
      leader.busySince = undefined;
      for (const lane of leader.ready) this.enqueue(lane);
    }
  }
}
