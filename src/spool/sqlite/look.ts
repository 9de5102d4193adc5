import { existsSync, rmSync, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { DatabaseSync } from 'node:sqlite';
import { sqlite, type Sqlite } from './sqlite.ts';

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
    let found: Found | undefined;
    let failed: { thrown: unknown } | undefined;
    try {
      found = lookAtFile(path, read, library);
    } catch (thrown) {
      failed = { thrown };
    }
    if (stamp(path) !== before) continue;
    if (failed) throw failed.thrown;
    return found as Found;
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

const logBytes = (path: string): number => statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;

/** Differs once somebody has written. */
function stamp(path: string): string {
  const { mtimeNs, size, ino } = statSync(path, { bigint: true });
  return `${ino} ${size} ${mtimeNs} ${logBytes(path) > 0}`;
}
