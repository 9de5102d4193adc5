import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Notify } from '../../model/notice.ts';
import { applicationId, schema, schemaVersion } from './schema.ts';
import { isOfContent, type Sqlite } from './sqlite.ts';

/** What could be read of a damaged spool, complete and synced; it is about to take the place of that. */
export const salvagedOf = (path: string): string => `${path}.salvaged`;

/**
 * Writes what can be read of the damaged file at `path`, oldest first, into a file beside it. The damaged one stays where
 * it is until that is complete and on the disk: whoever is killed meanwhile, or finds no room, begins anew at the next start.
 * @throws whatever stands in the way of reading and writing but for the damage itself
 */
export function salvage(path: string, { DatabaseSync }: Sqlite): void {
  const unfinished = `${path}.salvaging`;
  rmSync(unfinished, { force: true });
  try {
    createLike(path, unfinished);
    const fresh = new DatabaseSync(unfinished);
    try {
      // Nothing is made good if this ends early: it is thrown away.
      fresh.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF');
      fresh.exec(
        `BEGIN; ${schema} PRAGMA user_version = ${schemaVersion}; PRAGMA application_id = ${applicationId}`,
      );
      takeOver(fresh, path, DatabaseSync);
      fresh.exec('COMMIT');
    } finally {
      fresh.close();
    }
    syncFile(unfinished);
  } catch (thrown) {
    // What it has taken of a disk without room.
    rmSync(unfinished, { force: true });
    throw thrown;
  }
  renameSync(unfinished, salvagedOf(path));
  syncFile(dirname(path));
}

/**
 * Sets what stands at `path` aside, tells so, and puts what was salvaged of it there. Killed at any of these steps, it goes
 * on with the same names at the next start; the telling may then be repeated, but not left out.
 */
export function adopt(path: string, notify: Notify, { DatabaseSync }: Sqlite): void {
  const salvaged = salvagedOf(path);
  const movedTo = setAside(path, statSync(salvaged).mtime);
  const database = new DatabaseSync(salvaged);
  try {
    const records = Number(database.prepare('SELECT count(*) AS records FROM records').get()?.records);
    notify({ kind: 'spool-damaged', path, movedTo, records });
  } finally {
    database.close();
  }
  renameSync(salvaged, path);
  syncFile(dirname(path));
}

function setAside(path: string, at: Date): string {
  const movedTo = `${path}.damaged-${at.toISOString().replaceAll(':', '-')}`;
  // The log goes first, for SQLite finds it by name: it deletes one that has no file, and plays it into another one.
  for (const suffix of ['-wal', ''])
    if (existsSync(path + suffix)) renameSync(path + suffix, movedTo + suffix);
  rmSync(`${path}-shm`, { force: true });
  syncFile(dirname(path));
  return movedTo;
}

function takeOver(fresh: DatabaseSync, damaged: string, Database: Sqlite['DatabaseSync']): void {
  let old: DatabaseSync | undefined;
  try {
    distrustSize(damaged);
    // A connection of its own: attached, the damage it meets would fail the transaction of the new file as well.
    old = new Database(damaged);
    const topic = fresh.prepare('INSERT INTO topics VALUES (:id, :name)');
    for (const row of old.prepare('SELECT id, name FROM topics').all()) topic.run(row);
    takeOverInDoubt(fresh, old);
    const record = fresh.prepare(
      'INSERT INTO records VALUES (:id, :topic, :partition, :refused, :kept_at, :timestamp, :key, :headers, :value)',
    );
    for (const row of old.prepare('SELECT * FROM records NOT INDEXED ORDER BY id').iterate())
      record.run({ ...row, refused: null });
  } catch (thrown) {
    // Otherwise here the damage begins.
    if (!isOfContent(thrown)) throw thrown;
  } finally {
    close(old);
  }
}

/** Each is compared with its records before it is sent again: what the damage left of it does no harm. */
function takeOverInDoubt(fresh: DatabaseSync, old: DatabaseSync): void {
  try {
    const select = old.prepare('SELECT * FROM in_doubt');
    select.setReadBigInts(true);
    const batch = fresh.prepare(
      'INSERT INTO in_doubt VALUES (:topic, :partition, :producer_id, :producer_epoch, :first_sequence, :noted_at, :ids, :checksum)',
    );
    for (const row of select.all()) batch.run(row);
  } catch (thrown) {
    // An older version has no such table, which SQLite tells in the same way.
    if (!isOfContent(thrown)) throw thrown;
  }
}

/** Empty, for the same user and no others: it will hold the same events. */
function createLike(path: string, copy: string): void {
  const { mode, uid, gid } = statSync(path);
  closeSync(openSync(copy, 'wx', 0o600));
  if (process.getuid?.() === 0) chownSync(copy, uid, gid);
  chmodSync(copy, mode & 0o777);
}

/** A file that is damaged may not be closed in peace either. */
function close(damaged: DatabaseSync | undefined): void {
  try {
    damaged?.close();
  } catch {
    // It goes with the process.
  }
}

/**
 * SQLite does not even begin to read a file that is shorter than its header says, unless somebody else seems to have
 * written it last: then it believes the file. Filled up with zeros, it gave records whose last bytes were zeros.
 */
function distrustSize(path: string): void {
  const header = Buffer.alloc(100);
  const file = openSync(path, 'r+');
  try {
    readSync(file, header, 0, 100, 0);
    const isSqlite = header.toString('latin1', 0, 15) === 'SQLite format 3';
    if (!isSqlite || header.readUInt16BE(16) * header.readUInt32BE(28) <= fstatSync(file).size) return;
    // "Version valid for" is any other than the change counter.
    header.writeUInt32BE((header.readUInt32BE(24) ^ 1) >>> 0, 92);
    writeSync(file, header, 92, 4, 92);
  } finally {
    closeSync(file);
  }
}

/** Of a file or a folder. */
export function syncFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
