import { partitionOf } from '../protocol/partitioner.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { ProducerRecord } from './producer-record.ts';
import { diskPause } from './retry-policy.ts';
import type { Shared } from './shared.ts';
import type { SpooledRecords } from './spooled-records.ts';

/**
 * While memory is crowded a queue that has nothing here fetches so many bytes, or one record: two hundred partitions with
 * leftovers once took 188 MB at a start, of a `bufferMemory` of 4 MiB.
 */
const crowdedBytes = 64 * 1024;
/** So many bytes are fetched in a turn of the event loop: a megabyte took 20 ms of CPU. */
const fetchBytes = 256 * 1024;
/** So many records of the spool get their partition at a time; the loop goes on in between. */
const assignLimit = 1_000;
/** For a disk that is behind. Milliseconds. */
const syncPause = 10;

/** Of a producer with a spool. */
interface SharedWithSpool extends Shared {
  readonly spooled: SpooledRecords;
}

/**
 * Which records of a topic are on the disk alone. They are younger than all that their queue has in memory, so that the order
 * of a queue is the order of ids: what comes behind them is diverted to the disk, too, and they are fetched back when
 * the queue has room.
 */
export class DiskOverflow {
  readonly #topic: string;
  readonly #queues: readonly PartitionQueue[];
  readonly #shared: SharedWithSpool;
  /** The same as `PartitionQueue.spoolsNew`, of the topic's records that have no queue yet. */
  spoolsNew = false;
  /** Records on the disk, younger than all in memory, have yet to get their partition: until then nothing is fetched. */
  #unpartitioned = false;
  #assigning = false;
  #endPause: (() => void) | undefined;

  /** @param queues of the topic, by partition; they come and go */
  constructor(topic: string, queues: readonly PartitionQueue[], shared: SharedWithSpool) {
    this.#topic = topic;
    this.#queues = queues;
    this.#shared = shared;
    this.#unpartitioned = shared.spooled.leftovers.has(topic);
  }

  /** Records of the topic are on the disk alone. */
  get behind(): boolean {
    return this.#unpartitioned || this.#queues.some(({ spooledAfter }) => spooledAfter !== undefined);
  }

  /**
   * Decides what the disk gets of a record that enters its queue. The disk alone gets it if memory has no room for it
   * (`BufferPool.admit` has not held it), or if older ones of its queue are there. It gets a copy in mode `always`,
   * or while its queue `spoolsNew`. Otherwise it gets nothing. Of two reasons, want of room is told.
   * @param queue undefined while the partitions of the topic are not known
   * @returns true where the disk alone has it
   */
  enter(record: ProducerRecord, queue: PartitionQueue | undefined): boolean {
    const { spooled, settings } = this.#shared;
    if (record.durability !== 'memory') return false;
    const follows =
      this.#unpartitioned || (queue === undefined ? this.behind : queue.spooledAfter !== undefined);
    if (record.held && !follows) {
      if (settings.spool?.always || (queue ?? this).spoolsNew) spooled.persist(record);
      return false;
    }
    spooled.divert(record, record.held ? 'order' : 'no-room');
    if (queue === undefined) this.#unpartitioned = true;
    else queue.spooledAfter = Math.min(queue.spooledAfter ?? Infinity, record.id - 1);
    return true;
  }

  /** The partition is gone: what the disk has of it needs another one. */
  removed({ spooledAfter }: PartitionQueue): void {
    if (spooledAfter !== undefined) this.#unpartitioned = true;
  }

  /**
   * Frees memory of what the disk has as well, while memory is crowded: the youngest first, and each queue keeps a batch. The
   * pushes of these records were told when the disk had them.
   * @param unrouted those that wait for their partition, which go first
   */
  unload(unrouted: ProducerRecord[]): void {
    const { spooled, pool, settings } = this.#shared;
    if (!pool.crowded) return;
    const stay = unrouted.findLastIndex(({ durability }) => durability !== 'disk') + 1;
    for (const record of unrouted.splice(stay)) {
      this.#unpartitioned = true;
      spooled.unload(record);
    }
    // What stays of those will follow the records that the queues have in memory.
    for (const queue of stay > 0 ? [] : this.#queues)
      for (const record of queue.unload(settings.batchSize)) {
        // The lowest id, not that of the first: what came from another partition stands behind younger records.
        queue.spooledAfter = Math.min(queue.spooledAfter ?? Infinity, record.id - 1);
        // Written when nobody knew its partition, or under another one: this queue would not find it there.
        if (record.spoolPartition !== queue.partition) this.#unpartitioned = true;
        spooled.unload(record);
      }
  }

  /**
   * Fetches the next records of a queue, if there is room; a queue with nothing at all may fetch a few in any case.
   * @returns whether the disk may have more, and the queue room for it
   */
  fetch(queue: PartitionQueue): boolean {
    const { spooled, pool, settings } = this.#shared;
    const { batchSize } = settings;
    const room = queue.bytes < batchSize && (queue.idle || !pool.crowded);
    if (queue.spooledAfter === undefined || !room || this.#unpartitioned) return false;
    const recovered = spooled.takeBatchInDoubt(queue, pool.crowded);
    if (recovered === 'later') return false;
    queue.awaitsBatch = false;
    if (recovered !== undefined) {
      for (const record of recovered.records) pool.hold(record);
      queue.restore(recovered);
      return false;
    }
    const inMemory = new Set<number>();
    for (const { id } of queue.live()) inMemory.add(id);
    const full = Math.min(batchSize, queue.bytes + fetchBytes);
    while (queue.spooledAfter !== undefined && queue.bytes < full) {
      const most = pool.crowded ? crowdedBytes : full - queue.bytes;
      const fetched = spooled.fetch(queue, queue.spooledAfter, most, inMemory);
      if (fetched === undefined) return false;
      queue.spooledAfter = fetched.lastId;
      for (const record of fetched.records) {
        if (!record.held) pool.hold(record);
        queue.push(record);
      }
      if (fetched.records.length > 0 && pool.crowded) return false;
    }
    return queue.spooledAfter !== undefined && queue.bytes < batchSize;
  }

  /**
   * Gives the records on the disk that have no partition, or a removed one, the one that their key says. Until that is done
   * nothing of the topic is fetched, and what is new is diverted behind them. A disk that fails is asked again a second later.
   * @param mayGoOn false while records of a removed partition are out, which may be among them
   * @returns whether queues may fetch now
   */
  async assignPartitions(mayGoOn: () => boolean): Promise<boolean> {
    if (!this.#unpartitioned || this.#assigning) return false;
    const { spooled, clock, lifecycle } = this.#shared;
    let turn = 0;
    const choose = (key: Buffer | null) =>
      key === null ? turn++ % this.#queues.length : partitionOf(key, this.#queues.length);
    this.#assigning = true;
    while (mayGoOn() && !lifecycle.isClosed) {
      const result = spooled.assign(this.#topic, this.#queues.length, choose, assignLimit);
      if (result === 'done') {
        this.#unpartitioned = false;
        for (const queue of this.#queues) {
          queue.spooledAfter = 0;
          queue.awaitsBatch = spooled.notes.isLeftIn(queue);
        }
        break;
      }
      await new Promise<void>((resolve) => {
        if (result === 'more') clock.soon(resolve);
        else this.#endPause = clock.after(result === 'later' ? syncPause : diskPause, resolve);
      });
    }
    this.#assigning = false;
    return !this.#unpartitioned;
  }

  /** The producer is closed. */
  endPause(): void {
    this.#endPause?.();
  }
}
