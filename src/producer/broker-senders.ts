import { noLeader } from '../model/partition.ts';
import type { Clock } from './clock.ts';
import type { Batch, PartitionQueue, SliceLimits } from './partition-queue.ts';

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

/**
 * A request is full with so many bytes before compression, whatever more lanes have: brokers hang up on more than
 * `socket.request.max.bytes` (100 MiB), and two hundred lanes behind an outage made one of 171 MiB.
 */
const fullRequest = 16 * 1024 * 1024;

export interface BrokerSenderHooks {
  /** @param broker its node id */
  readonly send: (batches: readonly Batch[], broker: number) => Promise<void>;
  /** Begins to compress batches that will be sent next; absent where nothing is gained by it. */
  readonly prepare: ((batches: readonly Batch[]) => void) | undefined;
}

interface BrokerSender {
  readonly id: number;
  readonly ready: Set<PartitionQueue>;
  /** Lanes with records for the request after the one that is out. */
  readonly next: Set<PartitionQueue>;
  /** Since when a request to this broker is out. */
  busySince: number | undefined;
  /** What it carries. */
  sent: readonly Batch[];
  /** How many records that is. */
  out: number;
  /** Requests in a row that the broker did not answer. */
  failures: number;
  /** Ends its backoff, while it has one: nothing is sent to it. */
  backoff: (() => void) | undefined;
  /** Records that came since the last flush, roughly. */
  arrived: number;
  /** Records of the request that just came back; 0 where none was out. */
  returned: number;
  /** It is looked at when this turn of the event loop is over. */
  soon: boolean;
  /** Ends the wait for `linger`, while it is under way. */
  lingers: (() => void) | undefined;
  /** `linger` was over while a request was out: what waits goes with its answer. */
  due: boolean;
}

/**
 * Group commit, per leader: nothing out to a broker → send at once; while a request is out, everything that arrives
 * for its lanes forms the next one, which is compressed meanwhile. One push alone has the raw round trip, a thousand share a
 * few requests, and a frozen broker delays its own lanes only. A broker that cannot be reached backs off as a whole: however
 * many lanes it leads, one request at a time finds out whether it is back.
 */
export class BrokerSenders {
  readonly #leaders = new Map<number, BrokerSender>();
  readonly #clock: Clock;
  readonly #settings: GroupCommit;
  readonly #hooks: BrokerSenderHooks;
  /** A burst that is known to be one is on its way into the lanes. */
  #gathering = false;
  #linger: number;

  constructor(clock: Clock, settings: GroupCommit, hooks: BrokerSenderHooks) {
    this.#clock = clock;
    this.#settings = settings;
    this.#hooks = hooks;
    this.#linger = settings.linger;
  }

  /** The lane has something to send to its leader. */
  enqueue(lane: PartitionQueue): void {
    if (lane.leader === noLeader || lane.waiting === 0) return;
    const leader = this.#of(lane.leader);
    if (lane.ready) leader.ready.add(lane);
    if (this.#linger > 0) this.#wait(leader);
    if (leader.backoff !== undefined) return;
    if (leader.busySince !== undefined) {
      leader.next.add(lane);
      if (this.#hooks.prepare) this.#soon(leader);
    } else if (lane.ready && !this.#gathering) {
      leader.arrived++;
      const enough = this.#linger === 0 && leader.arrived >= headStart;
      if (enough || lane.bytes >= this.#settings.batchSize) void this.#flush(leader);
      else if (this.#linger === 0) this.#soon(leader);
    }
  }

  /**
   * The broker did not answer a request: it is left alone for a while. Its lanes wait with it, unless they get another
   * leader: then they are sent to that one at once.
   * @param doubtful the request held nothing but lanes that failed before, perhaps by their own fault: once, that is no reason
   * @param pauseAfter how long, after so many failures in a row; milliseconds
   * @returns that pause; 0 where the broker does not back off
   */
  backOff(id: number, doubtful: boolean, pauseAfter: (failures: number) => number): number {
    const leader = this.#of(id);
    leader.failures++;
    if (doubtful && leader.failures === 1) return 0;
    leader.backoff?.();
    const pause = pauseAfter(leader.failures);
    leader.backoff = this.#clock.after(pause, () => {
      leader.backoff = undefined;
      leader.due = true;
      this.#goOn(leader);
    });
    return pause;
  }

  answered(id: number): void {
    this.#of(id).failures = 0;
  }

  /** Nobody lingers or backs off any more: what waits goes now. */
  hurry(): void {
    this.#linger = 0;
    for (const leader of this.#leaders.values()) {
      this.#endBackoff(leader);
      leader.failures = 0;
      leader.lingers?.();
      this.#goOn(leader);
    }
  }

  /** What `work` enqueues leaves together: sends begin when it is through. */
  together(work: () => void): void {
    this.#gathering = true;
    try {
      work();
    } finally {
      this.#gathering = false;
      for (const leader of this.#leaders.values()) this.#goOn(leader);
    }
  }

  /** Nothing is sent any more. */
  close(): void {
    for (const leader of this.#leaders.values()) this.#endBackoff(leader);
  }

  /** The lanes of a request that has been out for longer than `ms`, those that wait behind it, or for a broker that backs off. */
  stalledLanes(ms: number): PartitionQueue[] {
    const now = this.#clock.now();
    return [...this.#leaders.values()].flatMap(({ ready, sent, busySince, backoff }) => {
      if (busySince !== undefined && now - busySince > ms) return [...ready, ...sent.map(({ lane }) => lane)];
      return backoff === undefined ? [] : [...ready];
    });
  }

  #endBackoff(leader: BrokerSender): void {
    leader.backoff?.();
    leader.backoff = undefined;
  }

  #of(id: number): BrokerSender {
    let leader = this.#leaders.get(id);
    if (leader === undefined) {
      leader = {
        id,
        ready: new Set(),
        next: new Set(),
        busySince: undefined,
        sent: [],
        out: 0,
        failures: 0,
        backoff: undefined,
        arrived: 0,
        returned: 0,
        soon: false,
        lingers: undefined,
        due: false,
      };
      this.#leaders.set(id, leader);
    }
    return leader;
  }

  /** Soon rather than now: pushes of one burst go together, and one alone loses no measurable time. */
  #soon(leader: BrokerSender): void {
    if (leader.soon || this.#gathering) return;
    leader.soon = true;
    this.#clock.soon(() => {
      leader.soon = false;
      this.#goOn(leader);
    });
  }

  /** Counted from the first that waits, whether a request is out or not. */
  #wait(leader: BrokerSender): void {
    leader.lingers ??= this.#clock.after(this.#linger, () => {
      leader.lingers = undefined;
      leader.due = true;
      if (leader.busySince === undefined && leader.backoff === undefined) void this.#flush(leader);
    });
  }

  /** Sends what waits; or begins with it, while a request is out. */
  #goOn(leader: BrokerSender): void {
    if (leader.backoff !== undefined) return;
    if (leader.busySince === undefined) this.#sendWaiting(leader);
    else this.#prepare(leader);
  }

  async #flush(leader: BrokerSender): Promise<void> {
    const batches = this.#take(leader);
    const records = batches.reduce((sum, { entries }) => sum + entries.length, 0);
    leader.arrived = 0;
    leader.returned = 0;
    // What was left for want of room has waited long enough.
    leader.due &&= leader.ready.size > 0;
    if (records === 0) return;
    leader.busySince = this.#clock.now();
    leader.sent = batches;
    leader.out = records;
    leader.next.clear();
    try {
      await this.#hooks.send(batches, leader.id);
    } finally {
      leader.busySince = undefined;
      leader.sent = [];
      leader.returned = records;
      // At once: the pushes just settled make new ones for a while, and the broker need not wait for those.
      if (leader.backoff === undefined) this.#sendWaiting(leader);
    }
  }

  #sendWaiting(leader: BrokerSender): void {
    const full = (): boolean => [...leader.ready].some(({ bytes }) => bytes >= this.#settings.batchSize);
    if (this.#linger === 0 || leader.due || full()) void this.#flush(leader);
  }

  /** Begins with the next request while one is out. */
  #prepare(leader: BrokerSender): void {
    const { prepare } = this.#hooks;
    const waiting = waitingIn(leader.next);
    // More will come, and what is begun now would be too little by then.
    if (prepare === undefined || waiting * 2 < leader.out) return;
    const room = evenShare(leader.out, waiting);
    const batches = this.#fill(room, leader.next, (lane, limits) => lane.prepare(limits));
    if (batches.length > 0) prepare(batches);
  }

  /** The next request. What does not fit waits at the head of the line for the one after. */
  #take(leader: BrokerSender): Batch[] {
    const room = leader.returned === 0 ? Infinity : evenShare(leader.returned, waitingIn(leader.ready));
    return this.#fill(room, leader.ready, (lane, limits) => {
      leader.ready.delete(lane);
      const moved = this.#leaders.get(lane.leader) !== leader;
      if (moved) this.enqueue(lane);
      return !moved && lane.ready ? lane.take(limits) : undefined;
    });
  }

  /** A batch of each lane in turn, of at most so many records in all, and no more once the request is full. */
  #fill(
    room: number,
    lanes: Iterable<PartitionQueue>,
    batchOf: (lane: PartitionQueue, limits: SliceLimits) => Batch | undefined,
  ): Batch[] {
    const { batchSize, maxRecordsPerSlice } = this.#settings;
    const batches: Batch[] = [];
    let bytes = 0;
    for (const lane of lanes) {
      if (room <= 0 || bytes >= fullRequest) break;
      const batch = batchOf(lane, { batchSize, maxRecordsPerSlice: Math.min(maxRecordsPerSlice, room) });
      if (batch === undefined) continue;
      batches.push(batch);
      room -= batch.entries.length;
      bytes += batch.bytes;
    }
    return batches;
  }
}

/**
 * How many records the next request may hold. Those just acknowledged make as many new pushes, while the next request is
 * out: where that is much the larger one, the process idles until it is back, and then the broker. Sharing evenly between
 * the two brought 256 and 744 of a thousand in flight to 500 each.
 */
function evenShare(returned: number, waiting: number): number {
  return Math.max(headStart, Math.ceil((returned + waiting) / 2));
}

function waitingIn(lanes: ReadonlySet<PartitionQueue>): number {
  let records = 0;
  for (const lane of lanes) records += lane.waiting;
  return records;
}
