import { statSync } from 'node:fs';
import { copyFile, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder, type Disk } from './disk.ts';

/** SQLite's write-ahead log. */
export const logOf = (path: string): string => `${path}-wal`;

const freshOf = (path: string): string => `${logOf(path)}.fresh`;

/** As much as a file of shared memory and a small transaction take. */
const probeBytes = 64 * 1024;

/**
 * Puts a copy of the log in its place, complete and synced. After a failed sync the kernel may call the lost pages clean: a
 * later sync of the same file succeeds and writes nothing, and at the gap a power cut ends the log. A new file has no such
 * pages. Nobody may write to the log meanwhile; a kill at any step leaves one of the two logs in place.
 * @throws whatever the disk says; the old log is in place then
 */
export async function renewLog(path: string, disk: Disk): Promise<void> {
  const fresh = freshOf(path);
  try {
    if (logBytes(path) > 0) {
      await copyFile(logOf(path), fresh);
      await syncFile(fresh, disk);
      await rename(fresh, logOf(path));
    }
    await syncFolder(dirname(path), disk);
  } finally {
    await rm(fresh, { force: true });
  }
}

/** @throws where the disk has no room */
export async function probe(path: string, disk: Disk): Promise<void> {
  const fresh = freshOf(path);
  try {
    await writeFile(fresh, Buffer.alloc(probeBytes), { mode: 0o600 });
    await syncFile(fresh, disk);
  } finally {
    await rm(fresh, { force: true });
  }
}

export const logBytes = (path: string): number => statSync(logOf(path), { throwIfNoEntry: false })?.size ?? 0;

async function syncFile(path: string, disk: Disk): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await disk.sync(file.fd);
  } finally {
    await file.close();
  }
}
