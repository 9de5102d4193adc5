import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { reasonOf } from '../../model/errors.ts';
import type { KafkaRecord, RecordHeaders } from '../../model/record.ts';
import { unassigned, type SpooledRecord, type Place } from '../../model/spool.ts';
import {
  headersText,
  highestId,
  latestTime,
  parsedHeaders,
  partsOfHeaders,
  sizeInSql,
  spoolBytes,
  timeInSql,
} from './schema.ts';

type Row = Record<string, SQLOutputValue>;

/** A row that holds no record. Its id may be one that JavaScript cannot count. */
export interface DamagedRow {
  readonly id: string;
  readonly topic: string;
  readonly why: string;
}

/** What a file holds. To find out, all of it is read. */
export interface Found {
  readonly totals: { readonly lastId: number; readonly records: number; readonly bytes: number };
  readonly places: (Place & { records: number })[];
}

export const totalsStatement =
  `SELECT max(iif(id <= ${highestId}, id, 0)) AS last, count(*) AS records, ` +
  `sum(${sizeInSql}) AS bytes FROM records`;

export function totalsOf([row]: Row[]): Found['totals'] {
  return {
    lastId: Number(row?.last ?? 0),
    records: Number(row?.records ?? 0),
    bytes: Number(row?.bytes ?? 0),
  };
}

export const placesStatement =
  'SELECT topics.name, partition, count(*) AS records FROM records JOIN topics ON topics.id = records.topic ' +
  'WHERE refused IS NULL GROUP BY topics.name, partition ORDER BY topics.name, partition';

export function placesOf(rows: Row[]): Found['places'] {
  return rows.map(({ name, partition, records }) => ({
    topic: String(name),
    partition: Number(partition),
    records: Number(records),
  }));
}

/** The table of records, in the words of the spool. Everything here is synchronous and touches no disk but by SQLite. */
export class Rows {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;
  readonly #refuse: StatementSync;
  readonly #read: StatementSync;
  readonly #withoutPartition: StatementSync;
  readonly #beyond: StatementSync;
  readonly #assign: StatementSync;
  readonly #oldest: StatementSync;
  readonly #has: StatementSync;
  readonly #byId: StatementSync;
  readonly #topicIds = new Map<string, number>();
  /** Rows of one rule carry the same headers: parsed once, they share one object in memory. */
  #headers = new Map<string, RecordHeaders>();

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#insert = database.prepare('INSERT INTO records VALUES (?, ?, ?, NULL, ?, ?, ?, ?, ?)');
    this.#remove = database.prepare('DELETE FROM records WHERE id BETWEEN ? AND ?');
    this.#refuse = database.prepare('UPDATE records SET refused = ? WHERE id = ?');
    this.#read = database.prepare(
      'SELECT id, timestamp, key, headers, value FROM records ' +
        'WHERE topic = ? AND partition = ? AND id > ? AND refused IS NULL ORDER BY id',
    );
    // Two ranges of one index and no order: each call costs its own rows and no more.
    this.#withoutPartition = database.prepare(
      'SELECT id, key, headers FROM records WHERE topic = ? AND partition = ? AND refused IS NULL LIMIT ?',
    );
    this.#beyond = database.prepare(
      'SELECT id, key, headers FROM records WHERE topic = ? AND partition >= ? AND refused IS NULL LIMIT ?',
    );
    // Numbers that JavaScript does not have would end the reading of the whole place.
    this.#read.setReadBigInts(true);
    this.#oldest = database.prepare(
      `SELECT ${timeInSql('kept_at')} AS kept_at FROM records WHERE id > 0 ORDER BY id LIMIT 1`,
    );
    this.#has = database.prepare('SELECT 1 FROM records WHERE id = ?');
    this.#byId = database.prepare(
      'SELECT id, timestamp, key, headers, value FROM records WHERE id = ? AND topic = ? AND refused IS NULL',
    );
    this.#byId.setReadBigInts(true);
    this.#assign = database.prepare('UPDATE records SET partition = ? WHERE id = ?');
  }

  totals(): Found['totals'] {
    return totalsOf(this.#database.prepare(totalsStatement).all());
  }

  oldest(): Date | undefined {
    const row = this.#oldest.get();
    return row && new Date(Number(row.kept_at));
  }

  has(id: number): boolean {
    return this.#has.get(id) !== undefined;
  }

  /** @returns undefined unless all of them are there, of this topic, neither refused nor damaged */
  byIds(topic: string, ids: readonly number[]): SpooledRecord[] | undefined {
    const topicId = this.#topicId(topic);
    if (topicId === undefined) return undefined;
    const records: SpooledRecord[] = [];
    for (const id of ids) {
      const row = this.#byId.get(id, topicId);
      if (row === undefined) return undefined;
      try {
        records.push({ id, record: this.#recordOf(topic, row) });
      } catch {
        return undefined;
      }
    }
    return records;
  }

  transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (thrown) {
      // SQLite has rolled back by itself where the disk failed.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      this.#topicIds.clear();
      throw thrown;
    }
  }

  insert(id: number, record: KafkaRecord, partition: number): void {
    const { topic, key, value, timestamp } = record;
    this.#insert.run(
      id,
      this.#topicId(topic) ?? this.#newTopicId(topic),
      partition,
      Date.now(),
      timestamp,
      key ?? noBytes,
      headersText(record),
      value ?? noBytes,
    );
  }

  /** Whether all rows are among these. */
  areAmong(ids: ReadonlySet<number>): boolean {
    for (const { id } of this.#database.prepare('SELECT id FROM records').iterate())
      if (!ids.has(Number(id))) return false;
    return true;
  }

  /** Neighbours go together: records are delivered in about the order of their ids. */
  remove(ids: readonly number[]): void {
    const sorted = ids.toSorted((one, other) => one - other);
    for (let index = 0; index < sorted.length; index++) {
      const first = sorted[index];
      if (first === undefined) return;
      let last = first;
      for (; sorted[index + 1] === last + 1; index++) last++;
      this.#remove.run(first, last);
    }
  }

  refuse(errors: ReadonlyMap<number, string>): void {
    for (const [id, message] of errors) this.#refuse.run(message, id);
  }

  /** @param skip rows that are no longer what the file says */
  read(
    { topic, partition }: Place,
    after: number,
    maxBytes: number,
    skip: (id: number) => boolean,
    onDamaged: (row: DamagedRow) => void,
  ): SpooledRecord[] {
    const topicId = this.#topicId(topic);
    if (topicId === undefined) return [];
    const kept: SpooledRecord[] = [];
    let bytes = 0;
    for (const row of this.#read.iterate(topicId, partition, after)) {
      const id = Number(row.id);
      if (skip(id)) continue;
      let record: KafkaRecord;
      try {
        record = this.#recordOf(topic, row);
      } catch (thrown) {
        onDamaged({ id: String(row.id), topic, why: reasonOf(thrown) });
        continue;
      }
      bytes += spoolBytes(record);
      if (bytes > maxBytes && kept.length > 0) break;
      kept.push({ id, record });
    }
    return kept;
  }

  places(): Found['places'] {
    return placesOf(this.#database.prepare(placesStatement).all());
  }

  /** Whether `assign` would have anything to do. */
  needsAssign(topic: string, partitions: number): boolean {
    const topicId = this.#topicId(topic);
    if (topicId === undefined) return false;
    return (
      this.#withoutPartition.get(topicId, unassigned, 1) !== undefined ||
      this.#beyond.get(topicId, partitions, 1) !== undefined
    );
  }

  /** @returns how many rows were given another partition, `limit` at most */
  assign(topic: string, partitions: number, choose: (key: Buffer | null) => number, limit: number): number {
    const topicId = this.#topicId(topic);
    if (topicId === undefined) return 0;
    const rows = this.#withoutPartition.all(topicId, unassigned, limit);
    rows.push(...this.#beyond.all(topicId, partitions, limit - rows.length));
    this.transaction(() => {
      for (const { id, key, headers } of rows) {
        const { keyIsNull } = partsOfHeaders(String(headers));
        this.#assign.run(choose(keyIsNull ? null : bufferOf(key)), Number(id));
      }
    });
    return rows.length;
  }

  #newTopicId(name: string): number {
    const id = Number(
      this.#database.prepare('INSERT INTO topics (name) VALUES (?)').run(name).lastInsertRowid,
    );
    this.#topicIds.set(name, id);
    return id;
  }

  #topicId(name: string): number | undefined {
    let id = this.#topicIds.get(name);
    if (id === undefined) {
      const row = this.#database.prepare('SELECT id FROM topics WHERE name = ?').get(name);
      if (row === undefined) return undefined;
      id = Number(row.id);
      this.#topicIds.set(name, id);
    }
    return id;
  }

  /** @throws where the row is damaged */
  #recordOf(topic: string, { id, key, value, headers, timestamp }: Row): KafkaRecord {
    if (Number(id) > highestId) throw new Error('its id is too large');
    if (Math.abs(Number(timestamp)) > latestTime) throw new Error('its timestamp is none');
    const { json, keyIsNull, valueIsNull } = partsOfHeaders(String(headers));
    return {
      topic,
      key: keyIsNull ? null : bufferOf(key),
      value: valueIsNull ? null : bufferOf(value),
      headers: this.#headersOf(json),
      timestamp: Number(timestamp),
    };
  }

  #headersOf(text: string): RecordHeaders {
    let headers = this.#headers.get(text);
    if (headers === undefined) {
      headers = parsedHeaders(text);
      // Headers that differ from record to record must not pile up.
      if (this.#headers.size >= 1_000) this.#headers = new Map();
      this.#headers.set(text, headers);
    }
    return headers;
  }
}

const noBytes = Buffer.alloc(0);

/** A view, not a copy. */
function bufferOf(value: SQLOutputValue | undefined): Buffer {
  if (!(value instanceof Uint8Array)) return noBytes;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
