import {
  closeSync,
  existsSync,
  fdatasync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { copyFile, open, rename, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { dirname, resolve } from 'node:path';

/** What makes a file or a folder outlive a power cut. A port, so that a test can be a disk that fails. */
export interface Disk {
  /** @throws where the disk may not have it: what was written before is then lost, even if a later sync succeeds */
  sync(file: number): Promise<void>;
}

export const realDisk: Disk = { sync: promisify(fdatasync) };

/** A file that was created or renamed is there after a power cut once its folder is synced. */
export async function syncFolder(folder: string, disk: Disk): Promise<void> {
  await sync(folder, 'r', disk);
}

async function sync(path: string, flags: 'r' | 'r+', disk: Disk): Promise<void> {
  const handle = await open(path, flags);
  try {
    await disk.sync(handle.fd);
  } finally {
    await handle.close();
  }
}

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
      await sync(fresh, 'r+', disk);
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
    await sync(fresh, 'r+', disk);
  } finally {
    await rm(fresh, { force: true });
  }
}

export const logBytes = (path: string): number => statSync(logOf(path), { throwIfNoEntry: false })?.size ?? 0;

/**
 * Makes a file that is not there, empty and for its user alone: it will hold events. Those that SQLite puts beside a
 * database get its rights. One that is there is not opened, for its closing would free the locks of this process on it.
 */
export function createPrivate(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
}

/** As many links as the kernel follows. */
const mostLinks = 40;

/**
 * The file itself where a path is a symbolic link to it, be it there yet or not: what lies beside the spool (log, lock) lies
 * beside the file, and two links to one file are one spool.
 */
export function fileOf(path: string): string {
  let file = path;
  try {
    for (let links = 0; links < mostLinks && lstatSync(file).isSymbolicLink(); links++)
      file = resolve(realpathSync(dirname(file)), readlinkSync(file));
  } catch {
    // Not there, or not to be reached: whoever opens it says so.
  }
  return file;
}
