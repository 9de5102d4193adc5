import type { Batch, PartitionQueue } from './partition-queue.ts';
import type { BatchLimits } from './ports.ts';

/**
 * So many records are sent at once, in the middle of a burst: the broker works on them while the process still makes the
 * rest. Without it a thousand pushes in flight move as one block, and process and broker wait for each other in turn.
 * No request is made smaller than this for the sake of balance.
 */
export const headStart = 256;

/**
 * The request that finds out whether a silent broker is back has so many new records at most, shared by its queues. A batch in doubt
 * goes whole.
 */
const probeRecords = 256;

/**
 * A request is full with so many bytes before compression, whatever more queues have: brokers hang up on more than
 * `socket.request.max.bytes` (100 MiB), and two hundred queues behind an outage made one of 171 MiB.
 */
const fullRequest = 16 * 1024 * 1024;

/**
 * A shorter round trip, in milliseconds, is about what the process and the broker take: they should work at the same time. Over
 * a longer one that gains nothing, and a record that misses its request waits for half as long again.
 */
const slowRoundTrip = 20;

/** What one broker is sent: the queues that it leads and that have records, and what its next request carries. */
export class BrokerSender {
  readonly id: number;
  readonly #limits: BatchLimits;
  readonly ready = new Set<PartitionQueue>();
  /** Queues with records for the request after the one that is out. */
  readonly next = new Set<PartitionQueue>();
  /** Since when a request to this broker is out. */
  busySince: number | undefined;
  /** How many records it carries. */
  #out = 0;
  /** Records of the request that just came back; 0 where none was out. */
  #returned = 0;
  /** The shortest of late, in milliseconds: what the link takes, without what keeps the process or the broker busy. */
  #roundTrip = 0;
  /** Requests in a row that the broker did not answer. */
  silences = 0;
  #cancelBackoff: (() => void) | undefined;
  /** Records that came since the last flush, roughly. */
  arrived = 0;
  /** It is looked at when this turn of the event loop is over. */
  soon = false;
  /** Its next request waits for the pushes of this moment. */
  gathers = false;
  /** Ends the wait for `linger`, while it is under way. */
  linger: (() => void) | undefined;
  /** `linger` was over while a request was out: what waits goes with its answer. */
  due = false;

  constructor(id: number, limits: BatchLimits) {
    this.id = id;
    this.#limits = limits;
  }

  /** A request should carry all that there is. */
  get isSlow(): boolean {
    return this.#roundTrip >= slowRoundTrip;
  }

  /**
   * For how long at most pushes that were just told may make new ones before the next request goes: a thousand take 35 ms, and what
   * misses the request waits for a whole round trip. Milliseconds.
   */
  get gatherTime(): number {
    return this.#roundTrip / 2;
  }

  /** A queue has a full batch. */
  get full(): boolean {
    for (const { bytes } of this.ready) if (bytes >= this.#limits.batchSize) return true;
    return false;
  }

  /**
   * Forms the next request. What does not fit waits for the one after.
   * @returns its batches, and the queues that have another leader by now
   */
  take(): { readonly batches: Batch[]; readonly moved: PartitionQueue[] } {
    const moved: PartitionQueue[] = [];
    const share = this.#returned > 0 && !this.isSlow;
    const room = share ? evenShare(this.#returned, waitingIn(this.ready)) : Infinity;
    // A full request is some milliseconds of work, each second.
    const few = this.silences > 0 ? Math.ceil(probeRecords / this.ready.size) : Infinity;
    const batches = this.#fill(room, this.ready, (queue, { batchSize, maxRecordsPerBatch }) => {
      this.ready.delete(queue);
      if (queue.leader !== this.id) moved.push(queue);
      else if (queue.ready)
        return queue.take({ batchSize, maxRecordsPerBatch: Math.min(maxRecordsPerBatch, few) });
      return undefined;
    });
    this.arrived = 0;
    this.#returned = 0;
    // What was left for want of room has waited long enough.
    this.due &&= this.ready.size > 0;
    return { batches, moved };
  }

  /** Forms what can be of the next request, while one is out: its compression can begin. */
  prepare(): Batch[] {
    const waiting = waitingIn(this.next);
    // More will come, and what is begun now would be too little by then. After a silence it would be compressed for nothing.
    if (waiting * 2 < this.#out || this.silences > 0) return [];
    return this.#fill(evenShare(this.#out, waiting), this.next, (queue, limits) => queue.prepare(limits));
  }

  /** A request is out. */
  begin(batches: readonly Batch[], now: number): void {
    this.busySince = now;
    this.#out = batches.reduce((sum, { producerRecords }) => sum + producerRecords.length, 0);
    this.next.clear();
  }

  /** The request was answered, or given up. */
  end(now: number): void {
    const roundTrip = now - (this.busySince ?? now);
    this.#roundTrip = Math.min(roundTrip, this.#roundTrip * 1.25 || roundTrip);
    this.busySince = undefined;
    this.#returned = this.#out;
  }

  /** Nothing is sent to it. */
  get isBackingOff(): boolean {
    return this.#cancelBackoff !== undefined;
  }

  /** @param cancel ends the timer that calls `endBackoff` */
  backOff(cancel: () => void): void {
    this.endBackoff();
    this.#cancelBackoff = cancel;
  }

  endBackoff(): void {
    this.#cancelBackoff?.();
    this.#cancelBackoff = undefined;
  }

  /** A batch of each queue in turn, of at most so many records in all, and no more once the request is full. */
  #fill(
    room: number,
    queues: Iterable<PartitionQueue>,
    batchOf: (queue: PartitionQueue, limits: BatchLimits) => Batch | undefined,
  ): Batch[] {
    const { batchSize, maxRecordsPerBatch } = this.#limits;
    const batches: Batch[] = [];
    let bytes = 0;
    for (const queue of queues) {
      if (room <= 0 || bytes >= fullRequest) break;
      const batch = batchOf(queue, { batchSize, maxRecordsPerBatch: Math.min(maxRecordsPerBatch, room) });
      if (batch === undefined) continue;
      batches.push(batch);
      room -= batch.producerRecords.length;
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

function waitingIn(queues: ReadonlySet<PartitionQueue>): number {
  let records = 0;
  for (const queue of queues) records += queue.waiting;
  return records;
}
