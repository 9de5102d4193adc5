import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { KafkaRecord, RecordHeaders } from '../../vocabulary/record.ts';
import { unassigned, type KeptRecord, type Place } from '../../vocabulary/spool.ts';
import { headersText, rowOverhead, spoolBytes } from '../size.ts';
import { sizeInSql } from './schema.ts';

type Row = Record<string, SQLOutputValue>;

/** The table of records, in the words of the spool. Everything here is synchronous and touches no disk but by SQLite. */
export class Rows {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;
  readonly #refuse: StatementSync;
  readonly #read: StatementSync;
  readonly #homeless: StatementSync;
  readonly #beyond: StatementSync;
  readonly #assign: StatementSync;
  readonly #oldest: StatementSync;
  readonly #has: StatementSync;
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
    // Two ranges of one index and no order: each portion costs its own rows and no more.
    this.#homeless = database.prepare(
      'SELECT id, key FROM records WHERE topic = ? AND partition = ? AND refused IS NULL LIMIT ?',
    );
    this.#beyond = database.prepare(
      'SELECT id, key FROM records WHERE topic = ? AND partition >= ? AND refused IS NULL LIMIT ?',
    );
    this.#oldest = database.prepare('SELECT kept_at FROM records ORDER BY id LIMIT 1');
    this.#has = database.prepare('SELECT 1 FROM records WHERE id = ?');
    this.#assign = database.prepare('UPDATE records SET partition = ? WHERE id = ?');
  }

  totals(): { lastId: number; records: number; bytes: number } {
    const row = this.#database
      .prepare(
        `SELECT max(id) AS last, count(*) AS records, sum(${sizeInSql(rowOverhead)}) AS bytes FROM records`,
      )
      .get();
    return {
      lastId: Number(row?.last ?? 0),
      records: Number(row?.records ?? 0),
      bytes: Number(row?.bytes ?? 0),
    };
  }

  oldest(): Date | undefined {
    const row = this.#oldest.get();
    return row && new Date(Number(row.kept_at));
  }

  has(id: number): boolean {
    return this.#has.get(id) !== undefined;
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
    const { topic, key, value, headers, timestamp } = record;
    this.#insert.run(
      id,
      this.#topicId(topic) ?? this.#newTopicId(topic),
      partition,
      Date.now(),
      timestamp,
      key,
      headersText(headers),
      value,
    );
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

  read(topic: string, partition: number, after: number, maxBytes: number): KeptRecord[] {
    const topicId = this.#topicId(topic);
    if (topicId === undefined) return [];
    const kept: KeptRecord[] = [];
    let bytes = 0;
    for (const row of this.#read.iterate(topicId, partition, after)) {
      const record = this.#recordOf(topic, row);
      bytes += spoolBytes(record);
      if (bytes > maxBytes && kept.length > 0) break;
      kept.push({ id: Number(row.id), record });
    }
    return kept;
  }

  places(): (Place & { records: number })[] {
    return this.#database
      .prepare(
        'SELECT topics.name, partition, count(*) AS records FROM records JOIN topics ON topics.id = records.topic ' +
          'WHERE refused IS NULL GROUP BY topics.name, partition ORDER BY topics.name, partition',
      )
      .all()
      .map(({ name, partition, records }) => ({
        topic: String(name),
        partition: Number(partition),
        records: Number(records),
      }));
  }

  assign(topic: string, partitions: number, choose: (key: Buffer) => number, limit: number): boolean {
    const topicId = this.#topicId(topic);
    if (topicId === undefined) return false;
    const rows = this.#homeless.all(topicId, unassigned, limit);
    rows.push(...this.#beyond.all(topicId, partitions, limit - rows.length));
    this.transaction(() => {
      for (const { id, key } of rows) this.#assign.run(choose(bufferOf(key)), Number(id));
    });
    return rows.length === limit;
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

  #recordOf(topic: string, { key, value, headers, timestamp }: Row): KafkaRecord {
    return {
      topic,
      key: bufferOf(key),
      value: bufferOf(value),
      headers: this.#headersOf(String(headers)),
      timestamp: Number(timestamp),
    };
  }

  #headersOf(text: string): RecordHeaders {
    let headers = this.#headers.get(text);
    if (headers === undefined) {
      headers = JSON.parse(text) as RecordHeaders;
      // Headers that differ from record to record must not pile up.
      if (this.#headers.size >= 1_000) this.#headers = new Map();
      this.#headers.set(text, headers);
    }
    return headers;
  }
}

/** A view, not a copy. */
function bufferOf(value: SQLOutputValue | undefined): Buffer {
  if (!(value instanceof Uint8Array)) return Buffer.alloc(0);
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
