import { rmSync } from 'node:fs';
import type { Notify } from '../model/notice.ts';
import type { Spool } from '../model/spool.ts';
import { spoolErrors } from './errors.ts';
import { fileOf, realDisk, type Disk } from './sqlite/files.ts';
import { closeLog, openFile, prepareFolder } from './sqlite/database.ts';
import { hasLockBeside, refuseForeign } from './sqlite/look.ts';
import { lock } from './sqlite/lock.ts';
import { SqliteSpool } from './sqlite/spool.ts';

export interface SpoolOptions {
  /** The file; its folder is made where it is missing. */
  readonly path: string;
  /** Most bytes of records in it. */
  readonly maxBytes: number;
  /** How long a process that still has the file may take to end. Milliseconds. */
  readonly lockTimeout?: number | undefined;
}

/** A destination that is replaced closes within five seconds. */
const defaultLockTimeout = 6_000;

/**
 * Opens the spool for writing, as its only owner.
 * @throws KafkaError SPOOL_IN_USE, or SPOOL_UNAVAILABLE with what to change
 */
export async function openSpool(
  options: SpoolOptions,
  notify: Notify,
  disk: Disk = realDisk,
): Promise<Spool> {
  const { maxBytes, lockTimeout = defaultLockTimeout } = options;
  const path = fileOf(options.path);
  await prepareFolder(path, disk);
  const hadLock = hasLockBeside(path);
  const owner = await lock(path, lockTimeout);
  try {
    try {
      await refuseForeign(path, hadLock);
    } catch (thrown) {
      if (!hadLock) rmSync(`${path}-lock`, { force: true });
      throw thrown;
    }
    const file = await openFile(path, notify, disk);
    try {
      return new SqliteSpool({ path, maxBytes, notify, disk, lock: owner }, file);
    } catch (thrown) {
      closeLog(file.log);
      file.database.close();
      throw spoolErrors.notOpened(path, thrown);
    }
  } catch (thrown) {
    owner.close();
    throw thrown;
  }
}
