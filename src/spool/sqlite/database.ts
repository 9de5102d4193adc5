import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { KafkaError } from '../../vocabulary/errors.ts';
import type { Notify } from '../../vocabulary/notice.ts';
import { spoolErrors } from '../errors.ts';
import { adopt, salvage, salvagedOf } from './salvage.ts';
import { schema, schemaVersion } from './schema.ts';
import { isDamage, sqlite } from './sqlite.ts';

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

/** The spool's file, those that SQLite and the lock keep beside it, and its heir; each is there or not. */
export function filesOf(path: string): string[] {
  return [...['', '-wal', '-shm', '-lock'].map((suffix) => path + suffix), salvagedOf(path)];
}

/**
 * Opens the file for its one owner. A damaged one is set aside under a new name, and one with what can still be read takes
 * its place.
 * @throws KafkaError SPOOL_UNAVAILABLE for a file of a newer version, or where SQLite cannot open it
 */
export async function openDatabase(path: string, notify: Notify): Promise<DatabaseSync> {
  const library = await sqlite();
  const open = () => begin(new library.DatabaseSync(path), path);
  try {
    if (existsSync(salvagedOf(path))) adopt(path, notify, library);
    try {
      return open();
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
    }
    salvage(path, library);
    adopt(path, notify, library);
    return open();
  } catch (thrown) {
    throw thrown instanceof KafkaError ? thrown : spoolErrors.notOpened(path, thrown);
  }
}

function begin(database: DatabaseSync, path: string): DatabaseSync {
  try {
    // Whoever looks at the file holds it for moments. Only here, for the loop stands still meanwhile.
    database.exec('PRAGMA busy_timeout = 1000');
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
    database.exec('PRAGMA busy_timeout = 0');
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

function numberOf(database: DatabaseSync, pragma: string): number {
  return Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma] ?? 0);
}
