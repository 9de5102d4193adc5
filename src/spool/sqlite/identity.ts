import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { spoolErrors } from '../errors.ts';
import { look } from './look.ts';
import { applicationId, indexOfPlaces } from './schema.ts';
import { isDamage, isOfDisk } from './sqlite.ts';

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
