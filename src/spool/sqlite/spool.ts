import type { DatabaseSync } from 'node:sqlite';
import type { KafkaError } from '../../model/errors.ts';
import type { Notify } from '../../model/notice.ts';
import type { KafkaRecord } from '../../model/record.ts';
import type {
  Assigned,
  BatchInDoubt,
  OnSpooled,
  SpooledRecord,
  NotedBatch,
  OnDamaged,
  Place,
  Spool,
  SpoolLevel,
} from '../../model/spool.ts';
import { partitionKey } from '../../model/partition.ts';
import { spoolErrors } from '../errors.ts';
import { spoolBytes, highestId } from './schema.ts';
import {
  checkpoint,
  checkpointApart,
  closeLog,
  closeWithoutCheckpoint,
  forgetLogIndex,
  isOversized,
  removeFile,
  reopenFile,
  shrink,
  type OpenFile,
} from './database.ts';
import { type Disk, probe, renewLog } from './files.ts';
import { InDoubtRows } from './in-doubt.ts';
import { Rows, type Found } from './rows.ts';
import { isFailedSync } from './sqlite.ts';

/** A removal may wait this long for others, in milliseconds: it has no push that waits for it. */
const removalDelay = 20;
/** So long after records have left it a spool gives the space that its file has no use for back to the disk. Milliseconds. */
const shrinkDelay = 10_000;
/** After a disk that refused, it is tried again after this long, in milliseconds. */
const repairDelay = 1_000;
/** So many rows are removed in one turn of the event loop at most: a thousand take 15 to 30 ms. */
const removalsAtOnce = 500;
/** The log goes into the database when it has about so many bytes, for that blocks on the disk: 32 MB took 120 ms of CPU. */
const checkpointBytes = 4 * 1024 * 1024;
/**
 * Records get no partitions while a sync is under way and the log has so many: it grew by 25 MB in a sync of 200 ms. And so much goes into
 * the database in a thread of its own: 36 MB, an outage's first records, took 450 ms.
 */
const mostLogBytes = 3 * checkpointBytes;
/** What a transaction and each of its rows add to the log beside the records: pages of the tables and of the index. */
const transactionBytes = 16 * 1024;
const rowBytes = 512;
/** A row that is given a partition writes its page, and one of the index. */
const assignBytes = 2 * 1024;
/** A removal writes the page of its row, which others may share. */
const removalBytes = 2 * 1024;

interface Append {
  readonly record: KafkaRecord;
  readonly partition: number;
}

export interface SqliteSpoolOptions {
  readonly path: string;
  readonly maxBytes: number;
  readonly notify: Notify;
  readonly disk: Disk;
  readonly lock: DatabaseSync;
}

/**
 * The spool in one SQLite file. Group commit: all that is appended while a sync of the log is under way shares the next
 * transaction and the next sync. Writing is a copy into the page cache and happens on the loop; waiting for the disk
 * (4 to 9 ms measured) happens on the thread pool, which is why SQLite itself does not sync at each commit.
 *
 * An append is in `#incoming` until it is written, in `#written` until its sync begins, and in `#asked` until it is told. One
 * that is not kept is in `#unkept` until it is told so.
 *
 * After a failed sync nothing is written and nobody is told "kept" until a new log, copied and synced, is in the place of the
 * old one (`renewLog`). A spool that was opened on a disk without room is in the same state: it is read, and tried again.
 */
export class SqliteSpool implements Spool {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #notify: Notify;
  readonly #disk: Disk;
  readonly #lock: DatabaseSync;
  #database: DatabaseSync;
  #rows: Rows;
  #inDoubtRows: InDoubtRows;
  /** Undefined: nothing may be written (`#fault` says why). */
  #log: number | undefined;
  #fault: unknown;
  /** The log may have a gap: it must not go into the database. */
  #logMayHaveGap = false;
  readonly lastId: number;
  #bytes: number;
  #records: number;
  /** A record found no room when the spool had so many bytes. */
  #fullAt = Infinity;
  /** What the file held at the start, until something is written. */
  #places: Found['places'] | undefined;
  /** Who is told what became of a record, until it is told or the record removed. */
  readonly #asked = new Map<number, OnSpooled>();
  #incoming = new Map<number, Append>();
  #removed = new Set<number>();
  /** To be written, by place: the batch to note, or that there is none any more. */
  #inDoubt = new Map<string, NotedBatch | Place>();
  /** The ids of the batches that the file has a note of, by place: a part of them must not leave without the rest. */
  readonly #noted = new Map<string, readonly number[]>();
  /** Called once a sync that begins after now is through, or failed. */
  #onNoted: (() => void)[] = [];
  #refused = new Map<number, string>();
  /** Written, and told once a sync that begins after the write is through. */
  #written = new Map<number, Append>();
  /** Not kept, and not told so yet: these count for nothing. Undefined: for want of room. */
  readonly #unkept = new Map<number, KafkaError | undefined>();
  #syncing: Promise<void> | undefined;
  #mending: Promise<void> | undefined;
  #mendTimer: NodeJS.Timeout | undefined;
  /** A write found no room. */
  #diskIsFull = false;
  /** All that the file holds has left the spool: a new one takes its place. */
  #emptied = false;
  /** About the bytes of the log that are not in the database yet. */
  #logBytes = 0;
  /** Rows that were told as damaged. */
  readonly #damaged = new Set<string>();
  #removals: (() => void)[] = [];
  /** Once, ever: some rows were taken back that somebody may have read. */
  #syncFailed = false;
  #scheduled: NodeJS.Immediate | undefined;
  #tidyTimer: NodeJS.Timeout | undefined;
  #tidySoon: NodeJS.Immediate | undefined;
  #shrinkTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    { path, maxBytes, notify, disk, lock }: SqliteSpoolOptions,
    { database, log, fault, found }: OpenFile,
  ) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#notify = notify;
    this.#disk = disk;
    this.#lock = lock;
    this.#database = database;
    this.#rows = new Rows(database);
    this.#inDoubtRows = new InDoubtRows(database, this.#rows);
    const { lastId, records, bytes } = found?.totals ?? this.#rows.totals();
    this.#places = found?.places;
    this.lastId = lastId;
    this.#records = records;
    this.#bytes = bytes;
    this.#log = log;
    if (log !== undefined) return;
    this.#fault = fault;
    notify({ kind: 'spool-failed', error: spoolErrors.noRoom(path, fault) });
    this.#mendLater();
  }

  append(id: number, record: KafkaRecord, partition: number, kept: OnSpooled): void {
    const bytes = spoolBytes(record);
    this.#asked.set(id, kept);
    if (this.#closing !== undefined) this.#unkept.set(id, spoolErrors.closed(this.#path));
    else if (this.#bytes + bytes > this.#maxBytes) {
      this.#fullAt = this.#bytes;
      this.#unkept.set(id, undefined);
    } else if (this.#log === undefined && this.#mending === undefined)
      this.#unkept.set(id, spoolErrors.failed(this.#path, this.#fault));
    else {
      this.#bytes += bytes;
      this.#records++;
      this.#fullAt = Infinity;
      this.#incoming.set(id, { record, partition });
    }
    this.#schedule();
  }

  get accepting(): boolean {
    return this.#log !== undefined && this.#bytes < this.#fullAt;
  }

  remove(id: number, record: KafkaRecord): void {
    this.#asked.delete(id);
    if (this.#unkept.delete(id) || this.#takenBack(id)) return;
    this.#uncount(record);
    if (this.#incoming.delete(id)) return;
    this.#removed.add(id);
    // On a disk without room the try that may bring an empty file does not wait for the next repair.
    if (this.#diskIsFull && this.#records === 0) this.#tidyAtOnce();
    else this.#tidyLater(removalDelay);
  }

  /**
   * The row was taken out after a failed sync, and counts for nothing since. Somebody who had read it before removes it now.
   */
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

  read(place: Place, after: number, maxBytes: number, onDamaged?: OnDamaged): SpooledRecord[] {
    // What has left the spool may still be in the file. A transaction for each of sixty partitions stopped the loop for a second.
    if (this.#incoming.size > 0) this.#writeAll();
    // A crash sends again what was delivered and is still in the file: one turn's records, not those of twenty milliseconds.
    if (this.#removed.size > 0 && !this.#diskIsFull) this.#tidyAtOnce();
    const gone = (id: number): boolean => this.#removed.has(id) || this.#refused.has(id);
    return this.#rows.read(place, after, maxBytes, gone, ({ id, topic, why }) => {
      if (this.#damaged.has(id)) return;
      this.#damaged.add(id);
      const error = spoolErrors.rowDamaged(this.#path, id, topic, why);
      // A row with another id is refused at the next start with room.
      if (Number(id) <= highestId) this.refuse(Number(id), error);
      onDamaged?.(error);
    });
  }

  whenRemoved(then: () => void): void {
    if (this.#removed.size === 0) return then();
    this.#removals.push(then);
    this.#tidyLater(removalDelay);
  }

  places(): (Place & { records: number })[] {
    this.#writeAll();
    return this.#places ?? this.#rows.places();
  }

  assign(topic: string, partitions: number, choose: (key: Buffer | null) => number, limit: number): Assigned {
    this.#writeAll();
    if (this.#log === undefined) {
      if (!this.#rows.needsAssign(topic, partitions)) return 'done';
      throw spoolErrors.failed(this.#path, this.#fault);
    }
    if (this.#syncing !== undefined && this.#logBytes >= mostLogBytes) return 'later';
    this.#places = undefined;
    const assigned = this.#rows.assign(topic, partitions, choose, limit);
    this.#logBytes += transactionBytes + assigned * assignBytes;
    if (this.#logBytes >= checkpointBytes) this.#schedule();
    return assigned === limit ? 'more' : 'done';
  }

  batchesInDoubt(): BatchInDoubt[] {
    return this.#inDoubtRows.all();
  }

  noteInDoubt(batches: readonly NotedBatch[], noted: () => void): void {
    if (this.#closing !== undefined) return queueMicrotask(noted);
    for (const batch of batches) this.#inDoubt.set(partitionKey(batch.topic, batch.partition), batch);
    this.#onNoted.push(noted);
    this.#write();
    this.#schedule();
  }

  forgetInDoubt(place: Place): void {
    const { topic, partition } = place;
    this.#inDoubt.set(partitionKey(topic, partition), { topic, partition });
    this.#tidyLater(removalDelay);
  }

  readInDoubt(batch: BatchInDoubt): SpooledRecord[] | undefined {
    this.#write();
    this.#noted.set(partitionKey(batch.topic, batch.partition), batch.ids);
    return this.#inDoubtRows.read(batch);
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

  /** What is on its way must be seen by whoever reads. */
  #writeAll(): void {
    this.#write();
    if (this.#log === undefined && this.#incoming.size > 0) throw spoolErrors.failed(this.#path, this.#fault);
  }

  #schedule(): void {
    // While a sync is under way, what comes forms the next group.
    if (this.#syncing === undefined) this.#scheduled ??= setImmediate(() => this.#cycle());
  }

  #cycle(): void {
    this.#scheduled = undefined;
    this.#write();
    this.#tellUnkept();
    const log = this.#log;
    if (log === undefined) this.#tellNoted();
    else if (this.#syncing === undefined && this.#needsSync) this.#syncing = this.#sync(log);
  }

  get #needsSync(): boolean {
    return this.#written.size > 0 || this.#onNoted.length > 0 || this.#logBytes >= checkpointBytes;
  }

  async #sync(log: number): Promise<void> {
    const written = this.#written;
    this.#written = new Map();
    const noted = this.#onNoted.splice(0);
    let error: KafkaError | undefined;
    try {
      await this.#disk.sync(log);
    } catch (thrown) {
      error = spoolErrors.failed(this.#path, thrown);
      this.#distrustLog(thrown);
    }
    for (const tell of noted) tell();
    for (const [id, { record }] of written) {
      // Its row must not be sent at the next start, when its push was told that it was not kept.
      if (error !== undefined && this.#asked.has(id)) {
        this.#uncount(record);
        this.#removed.add(id);
      }
      this.#tell(id, error);
    }
    if (error !== undefined) this.#syncFailed = true;
    else await this.#checkpoint();
    this.#syncing = undefined;
    if (this.#incoming.size + this.#written.size + this.#unkept.size + this.#onNoted.length > 0)
      this.#schedule();
  }

  /**
   * Only what was synced goes into the database, so that a gap in the log never does: SQLite syncs first what came since the last
   * sync. Nobody else syncs meanwhile, for it must be the one that is told of a failure.
   */
  async #checkpoint(): Promise<void> {
    if (this.#logBytes < checkpointBytes || this.#log === undefined) return;
    const before = this.#logBytes;
    try {
      const isLong = before >= mostLogBytes || isOversized(this.#database, this.#path);
      const isWhole = isLong ? await checkpointApart(this.#database, this.#path) : checkpoint(this.#database);
      // What was written meanwhile is not in the database, and somebody who looks at the file may be in the way.
      this.#logBytes = isWhole ? this.#logBytes - before : checkpointBytes / 2;
      if (isOversized(this.#database, this.#path)) this.#shrinkLater();
    } catch (thrown) {
      this.#logBytes = checkpointBytes / 2;
      if (isFailedSync(thrown)) this.#distrustLog(thrown);
    }
  }

  /** A sync has failed: what the log holds from the last one on may be lost. */
  #distrustLog(thrown: unknown): void {
    closeLog(this.#log);
    this.#log = undefined;
    this.#fault = thrown;
    this.#logMayHaveGap = true;
    // Written while that sync was under way, and told to nobody: again, once there is a new log.
    for (const [id, append] of this.#written) {
      this.#removed.add(id);
      this.#incoming.set(id, append);
    }
    this.#written.clear();
    if (this.#closing === undefined) this.#mend();
  }

  #mendLater(): void {
    if (this.#closing === undefined) this.#mendTimer ??= setTimeout(() => this.#mend(), repairDelay).unref();
  }

  /** Makes the file one that may be written to. What is appended meanwhile waits for it. */
  #mend(): void {
    this.#mendTimer = undefined;
    this.#mending ??= this.#reopen()
      .catch((thrown: unknown) => {
        this.#fault = thrown;
      })
      .then(() => {
        this.#mending = undefined;
        if (this.#log === undefined) {
          this.#failIncoming(this.#fault);
          this.#mendLater();
        } else this.#tidyLater(removalDelay);
        if (this.#incoming.size > 0) this.#schedule();
      });
  }

  /** @throws where the disk still refuses; the file stays open to be read then, as it was */
  async #reopen(): Promise<void> {
    if (this.#emptied) await this.#removeFile();
    await probe(this.#path, this.#disk);
    await renewLog(this.#path, this.#disk);
    if (this.#logMayHaveGap) await closeWithoutCheckpoint(this.#path, this.#database);
    else if (this.#database.isOpen) this.#database.close();
    forgetLogIndex(this.#path);
    const { database, log, fault } = await reopenFile(this.#path, this.#notify, this.#disk);
    this.#database = database;
    this.#rows = new Rows(database);
    this.#inDoubtRows = new InDoubtRows(database, this.#rows);
    this.#log = log;
    this.#fault = fault;
    this.#logBytes = 0;
    this.#logMayHaveGap &&= log === undefined;
  }

  /** The log goes first: a kill in between leaves older rows at most, which come twice. */
  async #removeFile(): Promise<void> {
    await closeWithoutCheckpoint(this.#path, this.#database);
    removeFile(this.#path);
    this.#emptied = false;
    this.#diskIsFull = false;
    this.#removed.clear();
    this.#inDoubt.clear();
    this.#noted.clear();
    for (const then of this.#removals.splice(0)) then();
  }

  /** Without all its records a batch cannot be sent again as it was. */
  #isWhole({ ids }: NotedBatch): boolean {
    return !ids.some((id) => this.#unkept.has(id) || this.#removed.has(id));
  }

  #tellNoted(): void {
    for (const noted of this.#onNoted.splice(0)) noted();
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

  #tidyAtOnce(): void {
    if (this.#closing === undefined) this.#tidySoon ??= setImmediate(() => this.#tidy());
  }

  /** Nobody waits for removals, and no sync is theirs, but for that of a checkpoint. */
  #tidy(): void {
    clearTimeout(this.#tidyTimer);
    clearImmediate(this.#tidySoon);
    this.#tidyTimer = undefined;
    this.#tidySoon = undefined;
    this.#write();
    if (this.#written.size > 0 || this.#logBytes >= checkpointBytes) this.#schedule();
  }

  /**
   * What is on its way goes into the file in one transaction; where there is no room, at least what makes room. Of many removals
   * the rest follows in later turns.
   */
  #write(): void {
    const incoming = this.#incoming;
    if (this.#log === undefined) return;
    const removed = this.#nextRemovals();
    const inDoubt = this.#nextInDoubt(removed);
    const rows = incoming.size + removed.length + this.#refused.size + inDoubt.length;
    if (rows === 0) return;
    this.#places = undefined;
    this.#incoming = new Map();
    try {
      this.#rows.transaction(() => {
        this.#rows.remove(removed);
        this.#rows.refuse(this.#refused);
        for (const [id, { record, partition }] of incoming) this.#rows.insert(id, record, partition);
        for (const [, batch] of inDoubt)
          if ('ids' in batch && this.#isWhole(batch)) this.#inDoubtRows.note(batch);
          else this.#inDoubtRows.forget(batch);
      });
      for (const id of removed) this.#removed.delete(id);
      for (const [key, batch] of inDoubt) {
        this.#inDoubt.delete(key);
        if ('ids' in batch) this.#noted.set(key, batch.ids);
        else this.#noted.delete(key);
      }
      this.#refused.clear();
      this.#logBytes += transactionBytes + rows * rowBytes + removed.length * removalBytes;
      for (const [id, append] of incoming) {
        this.#written.set(id, append);
        this.#logBytes += spoolBytes(append.record);
      }
      if (removed.length > 0) this.#shrinkLater();
      if (this.#removed.size > 0) this.#tidyLater(0);
      else for (const then of this.#removals.splice(0)) then();
      if (this.#diskIsFull && this.#records === 0 && this.#holdsOnlyRemoved()) this.#beginAnew();
    } catch (thrown) {
      this.#diskIsFull = true;
      if (incoming.size > 0) {
        this.#incoming = new Map(incoming);
        this.#failIncoming(thrown);
        this.#write();
      } else if (this.#holdsOnlyRemoved()) this.#beginAnew();
      else this.#tidyLater(this.#records === 0 ? removalDelay : repairDelay);
    }
  }

  /**
   * All of them where a batch is noted, in the place of another one whose rows must be gone by then, and at the end. Otherwise some,
   * but never a part of a noted batch: after a crash it could not be sent as it was, and its rest would be sent as new records.
   */
  #nextRemovals(): number[] {
    const isNoted = [...this.#inDoubt.values()].some((batch) => 'ids' in batch);
    if (isNoted || this.#closing !== undefined || this.#removed.size <= removalsAtOnce)
      return [...this.#removed];
    const next = new Set<number>();
    let last = 0;
    for (const id of this.#removed) {
      if (next.size >= removalsAtOnce) break;
      next.add((last = id));
    }
    const cut = [...this.#noted.values()].find((ids) => ids.includes(last)) ?? [];
    for (const id of cut) if (this.#removed.has(id)) next.add(id);
    return [...next];
  }

  /** What is to be noted, and what is to be forgotten together with the last of its rows. */
  #nextInDoubt(removed: readonly number[]): [key: string, batch: NotedBatch | Place][] {
    const inDoubt = [...this.#inDoubt];
    if (removed.length === this.#removed.size) return inDoubt;
    const leaving = new Set(removed);
    const stays = (id: number): boolean => this.#removed.has(id) && !leaving.has(id);
    return inDoubt.filter(([key]) => this.#noted.get(key)?.some(stays) !== true);
  }

  #shrinkLater(): void {
    if (this.#closing === undefined)
      this.#shrinkTimer ??= setTimeout(() => this.#shrink(), shrinkDelay).unref();
  }

  /** The checkpoint after it makes the file small. */
  #shrink(): void {
    this.#shrinkTimer = undefined;
    if (this.#log === undefined) return;
    if (this.#syncing !== undefined) return this.#shrinkLater();
    try {
      if (!shrink(this.#database, this.#path)) return;
    } catch {
      // Somebody reads the file: it stays as large as it is until more records leave the spool, or it closes.
      return;
    }
    this.#logBytes = checkpointBytes;
    this.#schedule();
  }

  /** To take rows out one by one writes about as much as they did, and there may be no room for that. */
  #holdsOnlyRemoved(): boolean {
    if (this.#syncing !== undefined || this.#closing !== undefined || this.#refused.size > 0) return false;
    try {
      return this.#rows.areAmong(this.#removed);
    } catch {
      return false;
    }
  }

  /** An empty file takes the place of this one, which gives its room back: otherwise nothing could be kept any more. */
  #beginAnew(): void {
    closeLog(this.#log);
    this.#log = undefined;
    this.#emptied = true;
    this.#mend();
  }

  #failIncoming(thrown: unknown): void {
    const error = spoolErrors.failed(this.#path, thrown);
    for (const [id, { record }] of this.#incoming) {
      this.#uncount(record);
      this.#unkept.set(id, error);
    }
    this.#incoming.clear();
    // Later, for a write may be asked for by somebody who is about to read.
    queueMicrotask(() => this.#tellUnkept());
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
    clearImmediate(this.#tidySoon);
    clearTimeout(this.#mendTimer);
    clearTimeout(this.#shrinkTimer);
    await this.#syncing;
    await this.#mending;
    clearImmediate(this.#scheduled);
    if (this.#log === undefined) await this.#closeUnwritable();
    else {
      this.#write();
      try {
        if (shrink(this.#database, this.#path)) await checkpointApart(this.#database, this.#path);
      } catch {
        // The file stays as large as it is.
      }
      // SQLite's locks are freed by the first handle on a file that closes, so these go in this order.
      this.#database.close();
    }
    closeLog(this.#log);
    this.#lock.close();
    this.#tellNoted();
  }

  /** One more try to take out of the file what must not be sent at the next start. */
  async #closeUnwritable(): Promise<void> {
    try {
      await this.#reopen();
      this.#write();
    } catch {
      // What was told stays in the file, and what has left it comes again.
    }
    if (this.#log === undefined) await closeWithoutCheckpoint(this.#path, this.#database);
    else this.#database.close();
  }
}
