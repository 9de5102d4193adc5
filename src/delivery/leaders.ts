import { noLeader } from '../vocabulary/partition.ts';
import type { Clock } from './clock.ts';
import type { Batch, Lane, SliceLimits } from './lane.ts';

export interface GroupCommit extends SliceLimits {
  /** How long a record may wait for others to share its request, in milliseconds; a full lane does not wait. */
  readonly linger: number;
}

/**
 * So many records are sent at once, in the middle of a burst: the broker works on them while the process still makes the
 * rest. Without it a thousand pushes in flight move as one block, and process and broker wait for each other in turn.
 * No request is made smaller than this for the sake of balance.
 */
const headStart = 256;

interface Leader {
  readonly ready: Set<Lane>;
  /** Since when a request to this broker is out. */
  busySince: number | undefined;
  /** Records that came since the last flush, roughly. */
  arrived: number;
  /** Records of the request that just came back; 0 where none was out. */
  returned: number;
  /** A flush is on its way. */
  scheduled: boolean;
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
  /** A burst that is known to be one is on its way into the lanes. */
  #gathering = false;
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
    if (leader.busySince !== undefined || this.#gathering) return;
    leader.arrived++;
    const { linger, batchSize } = this.#settings;
    const enough = lane.bytes >= batchSize || (linger === 0 && leader.arrived >= headStart);
    if (enough) void this.#flush(leader);
    else if (!leader.scheduled) this.#schedule(leader);
  }

  /** What `work` enqueues leaves together: sends begin when it is through. */
  together(work: () => void): void {
    this.#gathering = true;
    try {
      work();
    } finally {
      this.#gathering = false;
      for (const leader of this.#leaders.values()) this.#sendWaiting(leader);
    }
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
      leader = { ready: new Set(), busySince: undefined, arrived: 0, returned: 0, scheduled: false };
      this.#leaders.set(id, leader);
    }
    return leader;
  }

  /** `soon` rather than now: pushes of one burst go together, and one alone loses no measurable time. */
  #schedule(leader: Leader): void {
    leader.scheduled = true;
    const flush = () => {
      leader.scheduled = false;
      if (leader.busySince === undefined) void this.#flush(leader);
    };
    if (this.#settings.linger > 0) this.#clock.after(this.#settings.linger, flush);
    else this.#clock.soon(flush);
  }

  async #flush(leader: Leader): Promise<void> {
    const batches = this.#take(leader);
    const records = batches.reduce((sum, { entries }) => sum + entries.length, 0);
    leader.arrived = 0;
    leader.returned = 0;
    if (records === 0) return;
    leader.busySince = this.#clock.now();
    try {
      await this.#send(batches);
    } finally {
      leader.busySince = undefined;
      leader.returned = records;
      // At once: the pushes just settled make new ones for a while, and the broker need not wait for those.
      this.#sendWaiting(leader);
    }
  }

  #sendWaiting(leader: Leader): void {
    if (leader.busySince !== undefined) return;
    if (this.#settings.linger === 0) void this.#flush(leader);
    else for (const lane of leader.ready) this.enqueue(lane);
  }

  /** The next request: a batch of each lane in turn. What does not fit waits at the head of the line for the one after. */
  #take(leader: Leader): Batch[] {
    const batches: Batch[] = [];
    let room = evenShare(leader);
    for (const lane of leader.ready) {
      if (room <= 0) break;
      leader.ready.delete(lane);
      const moved = this.#leaders.get(lane.leader) !== leader;
      if (moved) this.enqueue(lane);
      else if (lane.ready) {
        const { batchSize, maxRecordsPerSlice } = this.#settings;
        const batch = lane.take({ batchSize, maxRecordsPerSlice: Math.min(maxRecordsPerSlice, room) });
        if (batch) batches.push(batch);
        room -= batch?.entries.length ?? 0;
      }
    }
    return batches;
  }
}

/**
 * How many records the next request may hold. Those just acknowledged make as many new pushes, while the next request is
 * out: where that is much the larger one, the process idles until it is back, and then the broker. Sharing evenly between
 * the two brought 256 and 744 of a thousand in flight to 500 each.
 */
function evenShare({ ready, returned }: Leader): number {
  if (returned === 0) return Infinity;
  let waiting = 0;
  for (const lane of ready) waiting += lane.length;
  return Math.max(headStart, Math.ceil((returned + waiting) / 2));
}
