import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { KafkaError } from '../../model/errors.ts';
import type { Notice, Notify } from '../../model/notice.ts';
import { spoolErrors } from '../errors.ts';
import { runApart } from './apart.ts';
import { syncFolder, type Disk, logBytes, logOf, renewLog, createPrivate } from './files.ts';
import { dropDamaged } from './in-doubt.ts';
import { placesOf, placesStatement, totalsOf, totalsStatement, type Found } from './rows.ts';
import { adopt, salvage, salvagedOf } from './salvage.ts';
import { applicationId, highestId, inDoubtTable, latestTime, schema, schemaVersion } from './schema.ts';
import { isDamage, isOfDisk, sqlite, type Sqlite } from './sqlite.ts';

const cacheKibibytes = 16 * 1024;
/** A file with more free pages than this gives them back to the disk. */
const slackBytes = 16 * 1024 * 1024;
/** `VACUUM` copies what is not free, on the loop: 4 MiB took 15 ms of CPU. */
const mostCopied = 4 * 1024 * 1024;

/** The open file of a spool. */
export interface OpenFile {
  readonly database: DatabaseSync;
  /**
   * The write-ahead log, for syncs. Undefined: the disk has no room to write. The file can be read then, and holds what it
   * held.
   */
  readonly log: number | undefined;
  /** Why there is no log. */
  readonly fault?: unknown;
  /** What the file held at a start, where all of it was read. */
  readonly found?: Found;
}

/**
 * Makes the folder where it is missing and says what is wrong with a place that cannot be written to.
 * @throws KafkaError SPOOL_UNAVAILABLE
 */
export async function prepareFolder(path: string, disk: Disk): Promise<void> {
  const folder = dirname(path);
  try {
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Otherwise a power cut takes a new folder with all that the spool has told since.
    if (made !== undefined) {
      for (let at = folder; ; at = dirname(at)) {
        await syncFolder(dirname(at), disk);
        if (at === made || at === dirname(at)) break;
      }
    }
  } catch (thrown) {
    throw spoolErrors.noFolder(path, folder, thrown);
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw spoolErrors.aFolder(path);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    for (const file of filesOf(path)) if (existsSync(file)) accessSync(file, constants.R_OK | constants.W_OK);
  } catch (thrown) {
    throw spoolErrors.notWritable(path, folder, thrown);
  }
}

/** The spool's file, those that SQLite and the lock keep beside it, and its heir; each is there or not. */
export function filesOf(path: string): string[] {
  return [...['', '-wal', '-shm', '-lock'].map((suffix) => path + suffix), salvagedOf(path)];
}

/**
 * Opens the file for its one owner. A damaged one is set aside under a new name, and one with what can still be read takes
 * its place. On a disk without room it is opened to be read.
 * @throws KafkaError SPOOL_UNAVAILABLE for a file of a newer version, or where SQLite cannot open it
 */
export async function openFile(path: string, notify: Notify, disk: Disk): Promise<OpenFile> {
  const library = await sqlite();
  try {
    if (existsSync(salvagedOf(path))) adopt(path, notify, library);
    createPrivate(path);
    try {
      return await openOrRead(path, notify, disk, library);
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
    }
    salvage(path, library);
    adopt(path, notify, library);
    return await openOrRead(path, notify, disk, library);
  } catch (thrown) {
    throw thrown instanceof KafkaError ? thrown : spoolErrors.notOpened(path, thrown);
  }
}

/** Opens it anew, after this process has checked it and closed it. @throws whatever the disk or SQLite says */
export async function reopenFile(path: string, notify: Notify, disk: Disk): Promise<OpenFile> {
  const library = await sqlite();
  try {
    return await writable(path, notify, disk, library, 'again');
  } catch (thrown) {
    if (!isOfDisk(thrown)) throw thrown;
    return { database: readable(path, library), log: undefined, fault: thrown };
  }
}

/**
 * Closes the file and leaves the log as it is. SQLite would move its pages into the database, and a power cut meanwhile
 * would leave pages there that follow on a gap in the log. A connection that may only read does not.
 */
export async function closeWithoutCheckpoint(path: string, database: DatabaseSync): Promise<void> {
  const { DatabaseSync } = await sqlite();
  let guard: DatabaseSync | undefined;
  try {
    if (!database.isOpen) return;
    guard = new DatabaseSync(path, { readOnly: true });
    guard.prepare('SELECT 1 FROM sqlite_schema').get();
  } finally {
    if (database.isOpen) database.close();
    guard?.close();
  }
}

async function openOrRead(path: string, notify: Notify, disk: Disk, library: Sqlite): Promise<OpenFile> {
  try {
    return await writable(path, notify, disk, library, 'start');
  } catch (thrown) {
    if (!isOfDisk(thrown)) throw thrown;
    return { database: readable(path, library), log: undefined, fault: thrown };
  }
}

async function writable(
  path: string,
  notify: Notify,
  disk: Disk,
  { DatabaseSync }: Sqlite,
  when: 'start' | 'again',
): Promise<OpenFile> {
  // Whoever had it before may have met a failed sync.
  await renewLog(path, disk);
  const database = new DatabaseSync(path);
  try {
    // Whoever looks at the file holds it for moments. Only here, for the loop stands still meanwhile.
    database.exec('PRAGMA busy_timeout = 1000');
    const version = versionOf(database, path);
    database.exec('PRAGMA journal_mode = WAL');
    // The spool syncs the log itself, off the event loop, before it tells anybody (`SqliteSpool`), and moves it into the
    // database only after that.
    database.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0');
    database.exec(`PRAGMA journal_size_limit = ${slackBytes}`);
    // Partitions are read by turns, and their rows lie side by side: what one has read is there for the next.
    database.exec(`PRAGMA cache_size = -${cacheKibibytes}`);
    if (when === 'start') checkResult(await runApart(database, path, bytesOf(path), [checkStatement]));
    // The log is there once something was written through this connection, and stays until it closes.
    database.exec(
      `BEGIN IMMEDIATE; ${version === 0 ? schema : inDoubtTable} ` +
        `PRAGMA user_version = ${schemaVersion}; PRAGMA application_id = ${applicationId}; COMMIT`,
    );
    let found: Found | undefined;
    if (when === 'start') {
      const [, , damaged = [], totals = [], places = []] = await runApart(database, path, bytesOf(path), [
        // What the broker refused may be welcome by now: it is sent once more by each process.
        'UPDATE records SET refused = NULL WHERE refused IS NOT NULL',
        // A partition that there is not is given anew (`Rows.assign`).
        'UPDATE records SET partition = -1 WHERE partition < -1',
        refuseDamaged,
        totalsStatement,
        placesStatement,
      ]);
      for (const row of damaged) notify(noticeOfDamaged(path, row));
      for (const batch of dropDamaged(database)) notify({ kind: 'may-be-doubled', ...batch });
      found = { totals: totalsOf(totals), places: placesOf(places) };
    }
    if (shrink(database, path)) await checkpointApart(database, path);
    database.exec('PRAGMA busy_timeout = 0');
    await syncFolder(dirname(path), disk);
    return { database, log: openSync(logOf(path), 'r+'), ...(found && { found }) };
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

/** Needs no room: the index of the log is in memory, which keeps others from looking. */
function readable(path: string, { DatabaseSync }: Sqlite): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA wal_autocheckpoint = 0');
    if (versionOf(database, path) > 0) {
      checkResult([database.prepare(checkStatement).all()]);
      return database;
    }
  } catch (thrown) {
    database.close();
    throw thrown;
  }
  database.close();
  // Nothing was ever in it.
  const empty = new DatabaseSync(':memory:');
  empty.exec(schema);
  return empty;
}

function versionOf(database: DatabaseSync, path: string): number {
  const version = numberOf(database, 'user_version');
  if (version > schemaVersion) throw spoolErrors.newer(path, version, schemaVersion);
  return version;
}

/** Rows that were damaged where no check sees it, and that nothing could read or deliver. They stay as refused. */
const refuseDamaged = `UPDATE records SET refused = 'the row is damaged'
  WHERE id NOT BETWEEN 1 AND ${highestId} OR abs(CAST(timestamp AS REAL)) > ${latestTime}
    OR topic NOT IN (SELECT id FROM topics)
  RETURNING CAST(id AS TEXT) AS id, (SELECT name FROM topics WHERE topics.id = records.topic) AS topic`;

function noticeOfDamaged(path: string, { id, topic }: Record<string, SQLOutputValue>): Notice {
  const why = topic === null ? 'its topic is not in the file' : 'its id or its timestamp is none';
  const name = String(topic ?? '?');
  return {
    kind: 'spool-row-damaged',
    topic: name,
    error: spoolErrors.rowDamaged(path, String(id), name, why),
  };
}

const checkStatement = 'PRAGMA quick_check(1)';

function checkResult([rows]: Record<string, SQLOutputValue>[][]): void {
  const finding = rows?.[0]?.quick_check;
  if (finding !== 'ok') throw Object.assign(new Error(String(finding)), { errcode: 11 });
}

const fileBytes = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

const bytesOf = (path: string): number => fileBytes(path) + logBytes(path);

/**
 * Pages are used again while records come and go. Where few are in use, and many are free, the log gets a copy without the free ones.
 * @returns whether the file has much more than it will have after the next checkpoint
 */
export function shrink(database: DatabaseSync, path: string): boolean {
  const pageBytes = numberOf(database, 'page_size');
  const free = numberOf(database, 'freelist_count') * pageBytes;
  if (free > slackBytes && numberOf(database, 'page_count') * pageBytes - free <= mostCopied)
    try {
      database.exec('VACUUM');
    } catch (thrown) {
      // Without room for it the file stays as large as it is.
      if (!isOfDisk(thrown)) throw thrown;
    }
  return isOversized(database, path);
}

/** The next checkpoint cuts much off the file. */
export const isOversized = (database: DatabaseSync, path: string): boolean =>
  fileBytes(path) - numberOf(database, 'page_count') * numberOf(database, 'page_size') > slackBytes;

const checkpointStatement = 'PRAGMA wal_checkpoint(PASSIVE)';

/** Moves the log into the database. @returns whether all of it is there now: somebody who looks at the file may be in the way */
export function checkpoint(database: DatabaseSync): boolean {
  return isWhole(database.prepare(checkpointStatement).get());
}

/**
 * The same for a file that is oversized. To cut half a gigabyte off takes the kernel 90 ms of CPU, and that in one step: a thread of
 * its own does it. `database` may be read and written meanwhile.
 */
export async function checkpointApart(database: DatabaseSync, path: string): Promise<boolean> {
  const [[result] = []] = await runApart(database, path, bytesOf(path), [checkpointStatement]);
  return isWhole(result);
}

const isWhole = (result: Record<string, SQLOutputValue> | undefined): boolean =>
  result?.busy === 0 && result.log === result.checkpointed;

/** Its log first. The lock beside it stays, and so does an empty file in its place. */
export function removeFile(path: string): void {
  for (const file of [logOf(path), `${path}-shm`, path]) rmSync(file, { force: true });
  createPrivate(path);
}

function numberOf(database: DatabaseSync, pragma: string): number {
  return Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma] ?? 0);
}

/** The log is closed first: no lock of SQLite is on it. */
export function closeLog(log: number | undefined): void {
  if (log !== undefined) closeSync(log);
}

/** It describes a log that is not there any more. */
export function forgetLogIndex(path: string): void {
  rmSync(`${path}-shm`, { force: true });
}
