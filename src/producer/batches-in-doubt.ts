import { noLeader, partitionKey, type BatchSequence } from '../model/partition.ts';
import type { BatchInDoubt, SpooledRecord, NotedBatch, Place, Spool } from '../model/spool.ts';
import { atMost, type ProducerContext } from './ports.ts';
import type { SequencedBatch } from './producer-batch.ts';

/** A disk that takes longer to note a batch does not hold it up. Milliseconds. */
const noteTimeout = 1_000;
/** A broker forgets a producer that is silent for so long: the default of `producer.id.expiration.ms`. */
const producerIdExpiration = 86_400_000;

/** A batch that an earlier process left in doubt, as it was. */
export interface RecoveredBatch<Record> {
  readonly records: readonly Record[];
  readonly sequence: BatchSequence;
  /** The broker may have forgotten its producer by now, and take the batch for a new one. */
  readonly isOld: boolean;
}

/** The queue of such a batch's partition. */
interface QueueInDoubt extends Place {
  readonly leader: number;
  /** Failed tries in a row after which the queue itself backed off; 1 at most for a batch in doubt. */
  readonly failedTries: number;
  /** It has nothing: what is left in its partition can be its head. */
  readonly idle: boolean;
}

/**
 * The batches in doubt, on the disk: what makes a crash leave no duplicate. Before a batch of records of the spool is sent
 * under a sequence, its boundaries and its sequence are noted beside them; where the disk gets them while it is out, together with the
 * last of them (`Sender.tend`). The process that follows sends the batch of each partition again as it was, before anything else of that partition: the broker has it already, and says so, or takes it now. All
 * other records get a producer id of this process. So no sequence that a broker may have is used for other records than at
 * first, even by two processes on copies of one spool.
 *
 * Where a batch cannot be sent again as it was, its records are sent like all others, and may be stored twice: the log says so.
 */
export class BatchesInDoubt {
  readonly #spool: Spool;
  readonly #context: Pick<ProducerContext, 'clock' | 'notify' | 'date'>;
  /** Left by an earlier process, and in no queue yet; by `partitionKey`. */
  readonly #recovered = new Map<string, BatchInDoubt>();
  /** The records of such batches, until they are complete, with their topics: nothing else fetches them. */
  readonly #ids = new Map<number, string>();
  /** Such batches that are in a queue and still in doubt, by `partitionKey`. */
  readonly #taken = new Map<string, QueueInDoubt>();
  /** Those of `#recovered` that could be sent again as they were when `check` looked. */
  readonly #checked = new Set<BatchInDoubt>();
  /** The disk has not answered a note in time: until it does, nothing waits for it. */
  #diskIsSlow = false;

  constructor(spool: Spool, context: Pick<ProducerContext, 'clock' | 'notify' | 'date'>) {
    this.#spool = spool;
    this.#context = context;
    const topics = new Set(spool.places().map(({ topic }) => topic));
    for (const batch of spool.batchesInDoubt()) {
      this.#recovered.set(partitionKey(batch.topic, batch.partition), batch);
      // An older version has delivered its records; or, where two batches have the same one, the file is damaged.
      const isUsable = topics.has(batch.topic) && !batch.ids.some((id) => this.#ids.has(id));
      if (isUsable) for (const id of batch.ids) this.#ids.set(id, batch.topic);
      else this.#abandon(batch, []);
    }
  }

  /**
   * Abandons batches of the topic that cannot be sent again as they were, one at a time, for its records are read. To be done
   * before any record is fetched: an older version may have given an id again, to a record of any partition.
   * @param partitions how many the topic has: the records of a batch beyond get another one
   * @returns whether there may be more
   * @throws whatever the disk says
   */
  check(topic: string, partitions: number): boolean {
    for (const batch of this.#recovered.values()) {
      const isBeyond = batch.partition >= partitions;
      if (batch.topic !== topic || (this.#checked.has(batch) && !isBeyond)) continue;
      const isWhole = !isBeyond && this.#spool.readInDoubt(batch) !== undefined;
      this.#checked.add(batch);
      if (!isWhole) this.#abandon(batch);
      return true;
    }
    return false;
  }

  /** Whether a batch that was left in the partition is still to be taken. */
  isLeftIn({ topic, partition }: Place): boolean {
    return this.#recovered.has(partitionKey(topic, partition));
  }

  /** Whether the record is of a batch that was left: `take` gives it, and nothing else. */
  has(id: number, topic: string): boolean {
    return this.#ids.get(id) === topic;
  }

  /** The disk does not answer: a note is written as all others are, and nothing waits for it to be synced. */
  waitNoMore(): void {
    this.#diskIsSlow = true;
  }

  /** The record is complete, or on the disk alone as all others are. */
  complete(id: number): void {
    this.#ids.delete(id);
  }

  /**
   * Notes batches that were not noted yet. One with a record that the spool does not have cannot be noted. Resolves once the
   * disk has them, and after a second at the latest: by then the file has them, if not the disk.
   */
  async note(batches: readonly SequencedBatch[]): Promise<void> {
    const notes: NotedBatch[] = [];
    for (const batch of batches) {
      const note = batch.noted ? undefined : noteOf(batch, this.#context.date());
      if (note === undefined) continue;
      notes.push(note);
      batch.noted = true;
    }
    if (notes.length === 0) return;
    const wasSlow = this.#diskIsSlow;
    let answered = false;
    await atMost(this.#context.clock, wasSlow ? 0 : noteTimeout, (done) =>
      this.#spool.noteInDoubt(notes, () => {
        answered = true;
        this.#diskIsSlow = false;
        done();
      }),
    );
    this.#diskIsSlow ||= !answered;
  }

  /** The fate of the batch is known. Its records are completed in the same turn, so that the disk has both or neither. */
  forget(batch: SequencedBatch): void {
    if (!batch.noted) return;
    batch.noted = false;
    this.#taken.delete(partitionKey(batch.topic, batch.partition));
    this.#spool.forgetInDoubt(batch);
  }

  /**
   * Takes the batch that was left in this partition.
   * @param crowded memory is: then each broker gets one such batch at a time, and a partition without a leader gets none
   * @returns `later` where there is one, and no room for it, or the queue is not empty; undefined where there is none that can
   *   be sent again as it was
   * @throws whatever the disk says
   */
  take(queue: QueueInDoubt, crowded: boolean): RecoveredBatch<SpooledRecord> | 'later' | undefined {
    const key = partitionKey(queue.topic, queue.partition);
    const batch = this.#recovered.get(key);
    if (batch === undefined) return undefined;
    if (!queue.idle) return 'later';
    if (crowded && (queue.leader === noLeader || this.#isBusy(queue.leader))) return 'later';
    const records = this.#spool.readInDoubt(batch);
    if (records === undefined) {
      this.#abandon(batch);
      return undefined;
    }
    this.#recovered.delete(key);
    this.#taken.set(key, queue);
    this.#context.notify({ kind: 'batch-restored', ...placeOf(batch), records: batch.ids.length });
    const age = this.#context.date().getTime() - batch.notedAt.getTime();
    return { records, sequence: batch, isOld: age > producerIdExpiration };
  }

  /** A batch for this broker is in memory. One that was told to try again must not hold up those of other partitions. */
  #isBusy(broker: number): boolean {
    for (const { leader, failedTries } of this.#taken.values())
      if (leader === broker && failedTries === 0) return true;
    return false;
  }

  /** @param ids of which it alone is the batch */
  #abandon(batch: BatchInDoubt, ids: readonly number[] = batch.ids): void {
    this.#recovered.delete(partitionKey(batch.topic, batch.partition));
    for (const id of ids) this.#ids.delete(id);
    this.#spool.forgetInDoubt(batch);
    this.#context.notify({ kind: 'may-be-doubled', ...placeOf(batch), records: batch.ids.length });
  }
}

/** Undefined for a batch without a sequence, or with a record that the spool does not have. */
function noteOf(batch: SequencedBatch, notedAt: Date): NotedBatch | undefined {
  const { sequence, producerRecords, records } = batch;
  if (sequence === undefined || producerRecords === undefined) return undefined;
  if (producerRecords.some(({ durability }) => durability === 'memory')) return undefined;
  return { ...placeOf(batch), ...sequence, ids: producerRecords.map(({ id }) => id), records, notedAt };
}

function placeOf({ topic, partition }: Place): Place {
  return { topic, partition };
}
