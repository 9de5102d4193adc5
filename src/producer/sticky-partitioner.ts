import type { PartitionQueue } from './partition-queue.ts';

/**
 * So many bytes go to one partition, and then the next is chosen. Less than the default of `batchSize`, with which 100,000
 * records would be spread by hardly more than a dozen choices: as far from even as a dice thrown a dozen times.
 */
const longestStretch = 64 * 1024;

/**
 * Chooses the partitions of records without a key, as Kafka's own producer does since 3.3 (KIP-794): it sticks to one, so that
 * batches are large, then takes the next, unless less waits for another by more than it would get: so a slow broker gets less. A
 * partition that nothing can be sent to now is passed over.
 */
export class StickyPartitioner {
  readonly #stretch: number;
  readonly #random: () => number;
  #partition: number | undefined;
  /** Of this stretch. */
  #bytes = 0;

  /** @param random chooses where to begin: many processes must not all begin with the same partition */
  constructor(batchSize: number, random: () => number) {
    this.#stretch = Math.min(batchSize, longestStretch);
    this.#random = random;
  }

  /** @param queues of the topic, by partition */
  next(queues: readonly PartitionQueue[], bytes: number): PartitionQueue | undefined {
    let queue = this.#partition === undefined ? undefined : queues[this.#partition];
    if (queue?.available !== true || this.#bytes >= this.#stretch) {
      queue = this.#choose(queues);
      this.#partition = queue?.partition;
      this.#bytes = 0;
    }
    this.#bytes += bytes;
    return queue;
  }

  #choose(queues: readonly PartitionQueue[]): PartitionQueue | undefined {
    const first =
      this.#partition === undefined ? Math.floor(this.#random() * queues.length) : this.#partition + 1;
    let best: PartitionQueue | undefined;
    for (let turn = 0; turn < queues.length; turn++) {
      const queue = queues[(first + turn) % queues.length];
      if (queue?.available && (best === undefined || queue.bytes + this.#stretch < best.bytes)) best = queue;
    }
    return best ?? queues[first % queues.length];
  }
}
