import { closeSync, existsSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { DatabaseSync } from 'node:sqlite';
import { type Sqlite, isDamage, isOfDisk, sqlite } from './sqlite.ts';
import { spoolErrors } from '../errors.ts';
import { logBytes } from './files.ts';
import { applicationId, indexOfPlaces } from './schema.ts';

/** A flow that opens or closes the spool meanwhile writes to the file itself; it does so seldom. */
const looks = 5;

/**
 * Reads a spool without owning it. Nothing is left beside it: an empty log that another user's look had made once kept the
 * flow from starting.
 */
export async function look<Found>(path: string, read: (database: DatabaseSync) => Found): Promise<Found> {
  const library = await sqlite();
  for (let left = looks; left > 0 && logBytes(path) === 0; left--) {
    const before = stamp(path);
    // What is found or thrown holds where nobody wrote meanwhile.
    try {
      const found = lookAtFile(path, read, library);
      if (stamp(path) === before) return found;
    } catch (thrown) {
      if (stamp(path) === before) throw thrown;
    }
  }
  return lookThroughLog(path, read, library);
}

/** All is in the file. Taken for one that nobody writes to, it needs no lock, no log, and no right to write. */
function lookAtFile<Found>(
  path: string,
  read: (database: DatabaseSync) => Found,
  { DatabaseSync }: Sqlite,
): Found {
  const url = pathToFileURL(path);
  url.search = '?immutable=1';
  return reading(new DatabaseSync(url, { readOnly: true }), read);
}

/** A flow writes, or has crashed: either way its `-shm` is there. A file that was copied with its log alone has none. */
function lookThroughLog<Found>(
  path: string,
  read: (database: DatabaseSync) => Found,
  { DatabaseSync }: Sqlite,
): Found {
  const shared = `${path}-shm`;
  const bare = !existsSync(shared);
  try {
    return reading(new DatabaseSync(path, { readOnly: true, timeout: 1_000 }), read);
  } finally {
    if (bare) rmSync(shared, { force: true });
  }
}

function reading<Found>(database: DatabaseSync, read: (database: DatabaseSync) => Found): Found {
  try {
    return read(database);
  } finally {
    database.close();
  }
}

/** Differs once somebody has written. */
function stamp(path: string): string {
  const { mtimeNs, size, ino } = statSync(path, { bigint: true });
  return `${ino} ${size} ${mtimeNs} ${logBytes(path) > 0}`;
}

const pageBytes = 4_096;

/**
 * The file is a spool, or there is nothing in it yet. One of another application is neither written to nor renamed.
 * @param hasLock whether the lock of a spool was beside it before: then what is no database any more was one
 * @throws KafkaError SPOOL_UNAVAILABLE
 */
export async function refuseForeign(path: string, hasLock: boolean): Promise<void> {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return;
  try {
    await look(path, (database) => {
      if (!isSpool(database)) throw spoolErrors.foreign(path);
    });
  } catch (thrown) {
    // A disk without room may not let a log be looked through.
    if (!isDamage(thrown) && !isOfDisk(thrown)) throw thrown;
    const kind = kindByHeader(path);
    const unknown = kind === 'unknown' && isDamage(thrown) && !hasLock;
    if (kind === 'foreign' || unknown) throw spoolErrors.foreign(path);
  }
}

export const hasLockBeside = (path: string): boolean => existsSync(`${path}-lock`);

/** Version 0.1.0 wrote no application id: its files are known by their tables. */
export function isSpool(database: DatabaseSync): boolean {
  const id = Number(database.prepare('PRAGMA application_id').get()?.application_id ?? 0);
  if (id !== 0) return id === applicationId;
  const names = database
    .prepare("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY name")
    .all()
    .map(({ name }) => String(name));
  return names.length === 0 || names.join() === 'place,records,topics';
}

/** Of a file that SQLite cannot read, by what its first page still says. */
function kindByHeader(path: string): 'spool' | 'foreign' | 'unknown' {
  const page = Buffer.alloc(pageBytes);
  const file = openSync(path, 'r');
  try {
    readSync(file, page, 0, pageBytes, 0);
  } finally {
    closeSync(file);
  }
  if (page.toString('latin1', 0, 15) !== 'SQLite format 3') return 'unknown';
  const id = page.readUInt32BE(68);
  if (id !== 0) return id === applicationId ? 'spool' : 'foreign';
  return page.includes(indexOfPlaces) ? 'spool' : 'unknown';
}
