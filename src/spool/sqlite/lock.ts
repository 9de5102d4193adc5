import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { spoolErrors } from '../errors.ts';
import { createPrivate } from './files.ts';
import { isBusy, isForbidden, isReadOnly, sqlite } from './sqlite.ts';

/** Between two looks at a file that another process still has. Milliseconds. */
const interval = 100;

/**
 * Makes this spool the only owner of its file. The kernel holds the lock on `<path>-lock` and frees it with the process,
 * however that ends. It is a file of its own so that others may still read the spool (`readSpool`).
 *
 * @param lockTimeout how long the owner may take to end, in milliseconds: a destination that is replaced has five seconds
 * @throws KafkaError SPOOL_IN_USE, or SPOOL_UNAVAILABLE where this process may not write the file of the lock
 */
export async function lock(path: string, lockTimeout: number): Promise<DatabaseSync> {
  const { DatabaseSync } = await sqlite();
  for (const begin = performance.now(); ;) {
    let database: DatabaseSync | undefined;
    try {
      createPrivate(`${path}-lock`);
      database = new DatabaseSync(`${path}-lock`);
      // Of a file that may only be read SQLite makes a read-only database, whose transaction locks nothing: a write tells.
      // With its journal in memory it writes nothing: a disk without room has nothing to refuse.
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE; PRAGMA user_version = 1');
      return database;
    } catch (thrown) {
      database?.close();
      if (isReadOnly(thrown) || isForbidden(thrown))
        throw spoolErrors.notWritable(path, dirname(path), thrown);
      if (!isBusy(thrown)) throw spoolErrors.notOpened(path, thrown);
      if (performance.now() - begin >= lockTimeout) throw spoolErrors.inUse(path);
    }
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
}

/** Whether a process owns this spool. Leaves nothing behind. @throws KafkaError SPOOL_UNAVAILABLE */
export async function isLocked(path: string): Promise<boolean> {
  if (!existsSync(`${path}-lock`)) return false;
  const { DatabaseSync } = await sqlite();
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(`${path}-lock`, { readOnly: true, timeout: 0 });
    database.prepare('PRAGMA user_version').get();
    return false;
  } catch (thrown) {
    if (isBusy(thrown)) return true;
    throw spoolErrors.notOpened(path, thrown);
  } finally {
    database?.close();
  }
}
