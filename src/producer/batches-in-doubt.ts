import { partitionKey, type BatchSequence } from '../model/partition.ts';
import type { BatchInDoubt, KeptRecord, NotedBatch, Place, Spool } from '../model/spool.ts';
import { atMost, type ProducerContext } from './ports.ts';
import type { SequencedBatch } from './producer-batch.ts';

/** A disk that takes longer to note a batch does not hold it up. Milliseconds. */
const noteTimeout = 1_000;
/** A broker forgets a producer that is silent for so long: the default of `producer.id.expiration.ms`. */
const producerIdExpiration = 86_400_000;

/** A batch that an earlier process left in doubt, as it was. */
export interface LeftBatch {
  readonly records: readonly KeptRecord[];
  readonly sequence: BatchSequence;
}

/**
 * The batches in doubt, on the disk: what makes a crash leave no duplicate. Before a batch of records of the spool is sent
 * under a sequence, its boundaries and its sequence are noted beside them. The process that follows sends the batch of each
 * partition again as it was, before anything else of that partition: the broker has it already, and says so, or takes it now. All
 * other records get a producer id of this process. So no sequence is ever used for other records than at first, even by
 * two processes on copies of one spool, or on a disk that has lost the last note.
 *
 * Where a batch cannot be sent again as it was, its records are sent like all others, and may be stored twice: the log says so.
 */
export class BatchesInDoubt {
  readonly #spool: Spool;
  readonly #context: Pick<ProducerContext, 'clock' | 'notify' | 'date'>;
  /** Left by an earlier process, and in no queue yet; by `partitionKey`. */
  readonly #left = new Map<string, BatchInDoubt>();
  /** Ids of the records of such batches, until they are complete: nothing else fetches them. */
  readonly #ids = new Set<number>();
  /** Those of them that are in a queue. */
  readonly #taken = new Set<number>();
  /** The disk has not answered a note in time: until it does, nothing waits for it. */
  #late = false;

  constructor(spool: Spool, context: Pick<ProducerContext, 'clock' | 'notify' | 'date'>) {
    this.#spool = spool;
    this.#context = context;
    for (const batch of spool.batchesInDoubt()) {
      this.#left.set(partitionKey(batch.topic, batch.partition), batch);
      for (const id of batch.ids) this.#ids.add(id);
    }
  }

  /** Whether the record is of a batch that was left: `take` gives it, and nothing else. */
  has(id: number): boolean {
    return this.#ids.has(id);
  }

  /** The record is complete. */
  complete(id: number): void {
    this.#ids.delete(id);
    this.#taken.delete(id);
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
    const isLate = this.#late;
    let answered = false;
    await atMost(this.#context.clock, isLate ? 0 : noteTimeout, (done) =>
      this.#spool.noteInDoubt(notes, () => {
        answered = true;
        this.#late = false;
        done();
      }),
    );
    this.#late ||= !answered;
  }

  /** The fate of the batch is known. Its records are completed in the same turn, so that the disk has both or neither. */
  forget(batch: SequencedBatch): void {
    if (!batch.noted) return;
    batch.noted = false;
    this.#spool.forgetInDoubt(batch);
  }

  /**
   * Takes the batch that was left in this partition.
   * @param crowded memory is: then one such batch at a time
   * @returns `later` where there is one, and no room for it; undefined where there is none that can be sent again as it was
   * @throws whatever the disk says
   */
  take(partition: Place, crowded: boolean): LeftBatch | 'later' | undefined {
    const key = partitionKey(partition.topic, partition.partition);
    const batch = this.#left.get(key);
    if (batch === undefined) return undefined;
    if (crowded && this.#taken.size > 0) return 'later';
    const records = this.#spool.readInDoubt(batch);
    if (records === undefined) {
      this.#abandon(batch);
      return undefined;
    }
    this.#left.delete(key);
    for (const id of batch.ids) this.#taken.add(id);
    this.#context.notify({ kind: 'batch-restored', ...placeOf(batch), records: batch.ids.length });
    if (this.#context.date().getTime() - batch.notedAt.getTime() > producerIdExpiration)
      this.mayBeDoubled(batch, batch.ids.length);
    return { records, sequence: batch };
  }

  /** Batches in partitions that the topic does not have any more: their records get another one. */
  abandonBeyond(topic: string, partitions: number): void {
    for (const batch of [...this.#left.values()])
      if (batch.topic === topic && batch.partition >= partitions) this.#abandon(batch);
  }

  /** Says once that records may be stored twice. */
  mayBeDoubled(place: Place, records: number): void {
    this.#context.notify({ kind: 'may-be-doubled', ...placeOf(place), records });
  }

  #abandon(batch: BatchInDoubt): void {
    this.#left.delete(partitionKey(batch.topic, batch.partition));
    for (const id of batch.ids) this.#ids.delete(id);
    this.#spool.forgetInDoubt(batch);
    this.mayBeDoubled(batch, batch.ids.length);
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
