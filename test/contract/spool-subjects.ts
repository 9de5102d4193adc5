import { join } from 'node:path';
import { MemoryDisk, MemorySpool } from '../support/memory-spool.ts';
import { openSpool } from '../../src/spool/open.ts';
import type { Spool } from '../../src/model/spool.ts';
import { tempFolder } from '../support/temp.ts';

/** An implementation of the spool, together with what it is kept on: each `open` is a new process on the same disk. */
export interface SpoolSubject {
  readonly name: string;
  disk(): { open(maxBytes?: number): Promise<Spool> };
}

const plenty = 1_000_000_000;

export const spoolSubjects: readonly SpoolSubject[] = [
  {
    name: 'memory',
    disk() {
      const disk = new MemoryDisk();
      return {
        open: (maxBytes = plenty) =>
          Promise.resolve(new MemorySpool({ disk, maxBytes, synced: (task) => setImmediate(task) })),
      };
    },
  },
  {
    name: 'sqlite',
    disk() {
      const path = join(tempFolder(), 'made', 'when', 'missing', 'spool.db');
      return { open: (maxBytes = plenty) => openSpool({ path, maxBytes, lockTimeout: 0 }, () => undefined) };
    },
  },
];
