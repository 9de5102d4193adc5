import { closeSync, fdatasync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { DatabaseSync } from 'node:sqlite';
import type { KafkaError } from '../../vocabulary/errors.ts';
import type { KafkaRecord } from '../../vocabulary/record.ts';
import type { Kept, KeptRecord, Place, Spool, SpoolLevel } from '../../vocabulary/spool.ts';
import { spoolErrors } from '../errors.ts';
import { spoolBytes } from '../size.ts';
import { shrink } from './database.ts';
import { Rows } from './rows.ts';
import { syncFile } from './salvage.ts';

/** A removal may wait this long for others, in milliseconds: it has no push that waits for it. */
const removalDelay = 20;
/** After a disk that refused, removals try again after this long, in milliseconds. */
const repairDelay = 1_000;

interface Append {
  readonly record: KafkaRecord;
  readonly partition: number;
}

const sync = promisify(fdatasync);

/**
 * The spool in one SQLite file. Group commit: all that is appended while a sync of the log is under way shares the next
 * transaction and the next sync. Writing is a copy into the page cache and happens on the loop; waiting for the disk
 * (4 to 9 ms measured) happens on the thread pool, which is why SQLite itself does not sync at each commit.
 */
export class SqliteSpool implements Spool {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #database: DatabaseSync;
  readonly #lock: DatabaseSync;
  readonly #rows: Rows;
  readonly #log: number;
  readonly lastId: number;
  #bytes: number;
  #records: number;
  /** Who is told what became of a record, until it is told or the record removed. */
  readonly #asked = new Map<number, Kept>();
  #incoming = new Map<number, Append>();
  #removed = new Set<number>();
  #refused = new Map<number, string>();
  /** Written, and told once a sync that begins after the write is through. */
  #written = new Map<number, KafkaRecord>();
  /** Not kept, and not told so yet: these count for nothing. Undefined: for want of room. */
  readonly #unkept = new Map<number, KafkaError | undefined>();
  #syncing: Promise<void> | undefined;
  /** Once, ever: some rows were taken back that somebody may have read. */
  #syncFailed = false;
  #scheduled: NodeJS.Immediate | undefined;
  #tidyTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(path: string, maxBytes: number, database: DatabaseSync, lock: DatabaseSync) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#database = database;
    this.#lock = lock;
    this.#rows = new Rows(database);
    const { lastId, records, bytes } = this.#rows.totals();
    this.lastId = lastId;
    this.#records = records;
    this.#bytes = bytes;
    // The log is there once something was written through this connection, and stays until it closes.
    database.exec('BEGIN IMMEDIATE; PRAGMA user_version = 1; COMMIT');
    syncFile(dirname(path));
    this.#log = openSync(`${path}-wal`, 'r+');
  }

  append(id: number, record: KafkaRecord, partition: number, kept: Kept): void {
    const bytes = spoolBytes(record);
    this.#asked.set(id, kept);
    if (this.#closing !== undefined) this.#unkept.set(id, spoolErrors.closed(this.#path));
    else if (this.#bytes + bytes > this.#maxBytes) this.#unkept.set(id, undefined);
    else {
      this.#bytes += bytes;
      this.#records++;
      this.#incoming.set(id, { record, partition });
    }
    this.#schedule();
  }

  remove(id: number, record: KafkaRecord): void {
    this.#asked.delete(id);
    if (this.#unkept.delete(id) || this.#takenBack(id)) return;
    this.#uncount(record);
    if (this.#incoming.delete(id)) return;
    this.#removed.add(id);
    this.#tidyLater(removalDelay);
  }

  /** Who read a record before a sync failed may still remove it: it counts for nothing by then. */
  #takenBack(id: number): boolean {
    if (!this.#syncFailed || this.#incoming.has(id)) return false;
    if (this.#removed.has(id)) return true;
    try {
      return !this.#rows.has(id);
    } catch {
      // A file that cannot be read: the removal is tried with the others.
      return false;
    }
  }

  refuse(id: number, error: KafkaError): void {
    this.#refused.set(id, error.message);
    this.#tidyLater(removalDelay);
  }

  read({ topic, partition }: Place, after: number, maxBytes: number): KeptRecord[] {
    this.#write();
    return this.#rows.read(topic, partition, after, maxBytes);
  }

  places(): (Place & { records: number })[] {
    this.#write();
    return this.#rows.places();
  }

  assign(topic: string, partitions: number, choose: (key: Buffer) => number, limit: number): boolean {
    this.#write();
    return this.#rows.assign(topic, partitions, choose, limit);
  }

  level(): SpoolLevel {
    return { records: this.#records, bytes: this.#bytes, oldest: this.#oldest() };
  }

  /** A file that cannot be read shows where it is read for delivery; who asks how things are must be answered. */
  #oldest(): Date | undefined {
    try {
      return this.#rows.oldest();
    } catch {
      return undefined;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #schedule(): void {
    // While a sync is under way, what comes forms the next group.
    if (this.#syncing === undefined) this.#scheduled ??= setImmediate(() => this.#cycle());
  }

  #cycle(): void {
    this.#scheduled = undefined;
    this.#write();
    this.#tellUnkept();
    if (this.#written.size > 0 && this.#syncing === undefined) this.#syncing = this.#sync();
  }

  async #sync(): Promise<void> {
    const written = this.#written;
    this.#written = new Map();
    let error: KafkaError | undefined;
    try {
      await sync(this.#log);
    } catch (thrown) {
      error = spoolErrors.failed(this.#path, thrown);
    }
    this.#syncing = undefined;
    for (const [id, record] of written) {
      // Its row must not be sent at the next start, when its push was told that it was not kept.
      if (error !== undefined && this.#asked.has(id)) {
        this.#uncount(record);
        this.#removed.add(id);
      }
      this.#tell(id, error);
    }
    if (error !== undefined) {
      this.#syncFailed = true;
      this.#tidyLater(removalDelay);
    }
    if (this.#incoming.size > 0 || this.#written.size > 0 || this.#unkept.size > 0) this.#schedule();
  }

  #tell(id: number, error?: KafkaError): void {
    const kept = this.#asked.get(id);
    this.#asked.delete(id);
    kept?.(error);
  }

  #tellUnkept(): void {
    if (this.#unkept.size === 0) return;
    const full = spoolErrors.full(this.#path, this.#maxBytes);
    for (const [id, error = full] of [...this.#unkept]) if (this.#unkept.delete(id)) this.#tell(id, error);
  }

  #uncount(record: KafkaRecord): void {
    this.#bytes -= spoolBytes(record);
    this.#records--;
  }

  #tidyLater(delay: number): void {
    if (this.#closing === undefined) this.#tidyTimer ??= setTimeout(() => this.#tidy(), delay);
  }

  /** Nobody waits for removals, and no sync is theirs. */
  #tidy(): void {
    this.#tidyTimer = undefined;
    this.#write();
    if (this.#written.size > 0) this.#schedule();
  }

  /** All that is on its way goes into the file in one transaction; where there is no room, at least what makes room. */
  #write(): void {
    const incoming = this.#incoming;
    if (incoming.size === 0 && this.#removed.size === 0 && this.#refused.size === 0) return;
    this.#incoming = new Map();
    try {
      this.#rows.transaction(() => {
        this.#rows.remove([...this.#removed]);
        this.#rows.refuse(this.#refused);
        for (const [id, { record, partition }] of incoming) this.#rows.insert(id, record, partition);
      });
      this.#removed.clear();
      this.#refused.clear();
      for (const [id, { record }] of incoming) this.#written.set(id, record);
    } catch (thrown) {
      this.#fail(incoming, thrown);
    }
  }

  #fail(incoming: ReadonlyMap<number, Append>, thrown: unknown): void {
    if (incoming.size > 0) {
      const error = spoolErrors.failed(this.#path, thrown);
      for (const [id, { record }] of incoming) {
        this.#uncount(record);
        this.#unkept.set(id, error);
      }
      // Later, for a write may be asked for by somebody who is about to read.
      queueMicrotask(() => this.#tellUnkept());
      this.#write();
    } else this.#tidyLater(repairDelay);
  }

  /**
   * Whoever closes has told their pushes by now that nothing has these records: the next start must not send them. Done
   * before anything is waited for, since a disk that hangs may never let this process go on.
   */
  #dropUntold(): void {
    const error = spoolErrors.closed(this.#path);
    for (const id of this.#asked.keys()) {
      if (this.#unkept.has(id)) continue;
      if (!this.#incoming.delete(id)) this.#removed.add(id);
      this.#unkept.set(id, error);
    }
    this.#written.clear();
    this.#write();
    this.#tellUnkept();
  }

  async #close(): Promise<void> {
    this.#dropUntold();
    clearTimeout(this.#tidyTimer);
    await this.#syncing;
    clearImmediate(this.#scheduled);
    try {
      shrink(this.#database);
    } catch {
      // A disk without room: the file stays as large as it is.
    }
    // SQLite's locks are freed by the first handle on a file that closes, so these go in this order.
    this.#database.close();
    closeSync(this.#log);
    this.#lock.close();
  }
}
