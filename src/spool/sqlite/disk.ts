import { fdatasync } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What makes a file or a folder outlive a power cut. A port, so that a test can be a disk that fails. */
export interface Disk {
  /** @throws where the disk may not have it: what was written before is then lost, even if a later sync succeeds */
  sync(file: number): Promise<void>;
}

export const realDisk: Disk = { sync: promisify(fdatasync) };

/** A file that was created or renamed is there after a power cut once its folder is synced. */
export async function syncFolder(folder: string, disk: Disk): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await disk.sync(handle.fd);
  } finally {
    await handle.close();
  }
}
