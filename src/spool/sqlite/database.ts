import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { KafkaError } from '../../vocabulary/errors.ts';
import type { Notify } from '../../vocabulary/notice.ts';
import { spoolErrors } from '../errors.ts';
import { schema, schemaVersion } from './schema.ts';
import { isDamage, sqlite, type Sqlite } from './sqlite.ts';

/** Pages of the write-ahead log before they go into the database itself: 32 MiB, for that blocks on the disk. */
const checkpointPages = 8_192;
const cacheKibibytes = 16 * 1024;
/** A file that is empty and larger than this gives its pages back to the disk. */
const slackBytes = 16 * 1024 * 1024;

/**
 * Makes the folder where it is missing and says what is wrong with a place that cannot be written to.
 * @throws KafkaError SPOOL_UNAVAILABLE
 */
export function prepareFolder(path: string): void {
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true });
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

/** The spool's file, and those that SQLite and the lock keep beside it; each is there or not. */
export function filesOf(path: string): string[] {
  return ['', '-wal', '-shm', '-lock'].map((suffix) => path + suffix);
}

/**
 * Opens the file for its one owner. A damaged one is set aside under a new name, a fresh one begun, and what can still
 * be read is taken over.
 * @throws KafkaError SPOOL_UNAVAILABLE for a file of a newer version, or where SQLite cannot open it
 */
export async function openDatabase(path: string, notify: Notify): Promise<DatabaseSync> {
  const library = await sqlite();
  const open = () => begin(new library.DatabaseSync(path), path);
  try {
    return open();
  } catch (thrown) {
    if (thrown instanceof KafkaError) throw thrown;
    if (!isDamage(thrown)) throw spoolErrors.notOpened(path, thrown);
  }
  const movedTo = setAside(path);
  const database = open();
  const records = salvage(database, movedTo, library);
  notify({ kind: 'spool-damaged', path, movedTo, records });
  return database;
}

function begin(database: DatabaseSync, path: string): DatabaseSync {
  try {
    const version = numberOf(database, 'user_version');
    if (version > schemaVersion) throw spoolErrors.newer(path, version, schemaVersion);
    database.exec('PRAGMA journal_mode = WAL');
    // The spool syncs the log itself, off the event loop, before it tells anybody (`SqliteSpool`).
    database.exec('PRAGMA synchronous = NORMAL');
    database.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
    database.exec(`PRAGMA journal_size_limit = ${slackBytes}`);
    // Lanes are read by turns, and their rows lie side by side: what one has read is there for the next.
    database.exec(`PRAGMA cache_size = -${cacheKibibytes}`);
    check(database);
    if (version === 0) create(database);
    database.exec('UPDATE records SET refused = NULL WHERE refused IS NOT NULL');
    shrink(database);
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

/** One transaction, so that no half-made file stays behind a crash. */
function create(database: DatabaseSync): void {
  database.exec(`BEGIN; ${schema} PRAGMA user_version = ${schemaVersion}; COMMIT`);
}

function check(database: DatabaseSync): void {
  const finding = database.prepare('PRAGMA quick_check(1)').get()?.quick_check;
  if (finding !== 'ok') throw Object.assign(new Error(String(finding)), { errcode: 11 });
}

/** Pages are used again while records come and go; only an empty file is worth making small. */
export function shrink(database: DatabaseSync): void {
  if (database.prepare('SELECT 1 FROM records LIMIT 1').get() !== undefined) return;
  if (numberOf(database, 'page_count') * numberOf(database, 'page_size') > slackBytes)
    database.exec('VACUUM');
}

function setAside(path: string): string {
  const movedTo = `${path}.damaged-${new Date().toISOString().replaceAll(':', '-')}`;
  renameSync(path, movedTo);
  // The log belongs to the file it was written for: SQLite finds it by name.
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${movedTo}-wal`);
  rmSync(`${path}-shm`, { force: true });
  return movedTo;
}

/** @returns how many records could be read, oldest first, before the damage */
function salvage(database: DatabaseSync, damaged: string, { DatabaseSync }: Sqlite): number {
  let records = 0;
  let old: DatabaseSync | undefined;
  database.exec('BEGIN');
  try {
    fillUp(damaged);
    // A connection of its own: attached, the damage it meets would fail the transaction of the new file as well.
    old = new DatabaseSync(damaged);
    const topic = database.prepare('INSERT INTO topics VALUES (:id, :name)');
    for (const row of old.prepare('SELECT id, name FROM topics').all()) topic.run(row);
    const record = database.prepare(
      'INSERT INTO records VALUES (:id, :topic, :partition, :refused, :kept_at, :timestamp, :key, :headers, :value)',
    );
    for (const row of old.prepare('SELECT * FROM records NOT INDEXED ORDER BY id').iterate()) {
      record.run({ ...row, refused: null });
      records++;
    }
  } catch {
    // Here the damage begins.
  }
  database.exec('COMMIT');
  close(old);
  return records;
}

/** A file that is damaged may not be closed in peace either. */
function close(damaged: DatabaseSync | undefined): void {
  try {
    damaged?.close();
  } catch {
    // It goes with the process.
  }
}

/** SQLite does not even begin to read a file that is shorter than its header says; with zeros for the rest it does. */
function fillUp(path: string): void {
  const header = Buffer.alloc(32);
  const file = openSync(path, 'r+');
  try {
    readSync(file, header, 0, 32, 0);
    const size = header.readUInt16BE(16) * header.readUInt32BE(28);
    const isSqlite = header.toString('latin1', 0, 15) === 'SQLite format 3';
    if (isSqlite && size > fstatSync(file).size) ftruncateSync(file, size);
  } finally {
    closeSync(file);
  }
}

function numberOf(database: DatabaseSync, pragma: string): number {
  return Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma] ?? 0);
}
