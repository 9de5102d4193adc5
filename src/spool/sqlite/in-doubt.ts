import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { KafkaRecord } from '../../model/record.ts';
import type { BatchInDoubt, SpooledRecord, NotedBatch, Place } from '../../model/spool.ts';
import type { Rows } from './rows.ts';
import { highestId, latestTime } from './schema.ts';

const latestEpoch = 0x7fff;
const latestSequence = 0x7fffffff;

/** The table of batches in doubt. All of it is synchronous. A file that was opened to be read may not have the table yet. */
export class InDoubtRows {
  readonly #database: DatabaseSync;
  readonly #rows: Rows;
  #note: StatementSync | undefined;
  #forget: StatementSync | undefined;

  constructor(database: DatabaseSync, rows: Rows) {
    this.#database = database;
    this.#rows = rows;
  }

  /** Rows that hold no batch are left out: their records are sent like all others. */
  all(): BatchInDoubt[] {
    if (!this.#hasTable()) return [];
    const select = this.#database.prepare(
      'SELECT topic, partition, producer_id, producer_epoch, first_sequence, noted_at, ids FROM in_doubt ORDER BY topic, partition',
    );
    select.setReadBigInts(true);
    return select.all().flatMap((row) => batchOf(row) ?? []);
  }

  note(batch: NotedBatch): void {
    this.#note ??= this.#database.prepare('INSERT OR REPLACE INTO in_doubt VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    const { topic, partition, producerId, producerEpoch, firstSequence, notedAt, ids, records } = batch;
    this.#note.run(
      topic,
      partition,
      producerId,
      producerEpoch,
      firstSequence,
      notedAt.getTime(),
      textOf(ids),
      checksumOf(records),
    );
  }

  forget({ topic, partition }: Place): void {
    this.#forget ??= this.#database.prepare('DELETE FROM in_doubt WHERE topic = ? AND partition = ?');
    this.#forget.run(topic, partition);
  }

  /** @returns undefined where these are not the records that were noted */
  read({ topic, partition, ids }: BatchInDoubt): SpooledRecord[] | undefined {
    if (!this.#hasTable()) return undefined;
    const noted = this.#database
      .prepare('SELECT checksum FROM in_doubt WHERE topic = ? AND partition = ?')
      .get(topic, partition);
    const records = this.#rows.byIds(topic, ids);
    if (records === undefined) return undefined;
    return checksumOf(records.map(({ record }) => record)) === noted?.checksum ? records : undefined;
  }

  #hasTable(): boolean {
    return this.#database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'in_doubt'").get() !== undefined;
  }
}

/** Takes out of the table what is no batch. @returns what it was of, as far as the rows say */
export function dropDamaged(database: DatabaseSync): (Place & { records: number })[] {
  const select = database.prepare('SELECT rowid AS row, * FROM in_doubt');
  select.setReadBigInts(true);
  const damaged = select.all().filter((row) => batchOf(row) === undefined);
  const drop = database.prepare('DELETE FROM in_doubt WHERE rowid = ?');
  return damaged.map(({ row, topic, partition, ids }) => {
    drop.run(Number(row));
    return { topic: String(topic), partition: Number(partition), records: String(ids).split(',').length };
  });
}

/** The file may be damaged, or written by others. */
function batchOf(row: Record<string, SQLOutputValue>): BatchInDoubt | undefined {
  const { topic, partition, producer_id: producerId, ids: text } = row;
  const [epoch, first, time] = [row.producer_epoch, row.first_sequence, row.noted_at].map(Number);
  const ids = idsOf(String(text));
  const isSane =
    typeof producerId === 'bigint' &&
    producerId >= 0n &&
    isWithin(epoch, latestEpoch) &&
    isWithin(first, latestSequence) &&
    isWithin(time, latestTime) &&
    isWithin(Number(partition), 0x7fffffff);
  if (!isSane || ids === undefined) return undefined;
  return {
    topic: String(topic),
    partition: Number(partition),
    producerId,
    producerEpoch: Number(epoch),
    firstSequence: Number(first),
    notedAt: new Date(Number(time)),
    ids,
  };
}

const isWithin = (value: number | undefined, most: number): boolean =>
  value !== undefined && Number.isInteger(value) && value >= 0 && value <= most;

/** The ids of a batch are close together: differences need two digits where ids need seven. */
function textOf(ids: readonly number[]): string {
  return ids.map((id, index) => id - (ids[index - 1] ?? 0)).join();
}

function idsOf(text: string): number[] | undefined {
  const ids: number[] = [];
  let id = 0;
  for (const difference of text.split(',')) {
    id += Number(difference);
    if (!(Number.isSafeInteger(id) && id > 0 && id <= highestId)) return undefined;
    ids.push(id);
  }
  return new Set(ids).size === ids.length ? ids : undefined;
}

/**
 * Tells records from others that have their ids, for a version that knows nothing of batches in doubt uses ids again. Times and
 * lengths do: a CRC of all bytes took 3 µs a record.
 */
function checksumOf(records: readonly KafkaRecord[]): number {
  let sum = 0;
  for (const { timestamp, key, value } of records)
    for (const part of [timestamp % 2 ** 32, key?.length ?? -1, value?.length ?? -1])
      sum = Math.imul(sum ^ part, 0x01000193);
  return sum;
}
