import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { numberOf } from '../../support/load.ts';
import type { SpoolPlan } from '../scenario.ts';

/** Where the spool of a run lies. */
export interface SpoolPlace {
  readonly path: string;
  /** A command that becomes the flow's process and gives it the disk that the scenario wants. */
  readonly wrapper: readonly string[];
  damage(how: 'truncate' | 'garbage'): void;
  /** Makes room for the folder that could not be made. */
  mend(): void;
  /**
   * Copies what a killed process left, for the next one must find it untouched.
   * @returns reads the numbers of the events in the copy, once
   */
  copy(): () => number[];
  remove(): void;
}

/**
 * A disk of a few megabytes that goes with its process: a tmpfs in a mount namespace. Takes root, or a kernel that lets
 * everybody have user namespaces.
 */
function smallDisk(folder: string, megabytes: number): readonly string[] {
  const mount = 'mount -t tmpfs -o size="$0"m none "$1" && shift && exec "$@"';
  const isRoot = process.getuid?.() === 0;
  const namespaces = ['unshare', '--mount', ...(isRoot ? [] : ['--map-root-user'])];
  return [...namespaces, 'sh', '-c', mount, String(megabytes), folder];
}

export function spoolPlace({ on }: SpoolPlan): SpoolPlace {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-chaos-spool-'));
  const path = join(folder, 'flow', 'spool.db');
  const parent = dirname(path);
  if (on === 'below a file') writeFileSync(parent, 'A file where the folder should be.');
  else mkdirSync(parent);
  return {
    path,
    wrapper: on === 'small disk' ? smallDisk(parent, 2) : [],
    damage(how) {
      if (how === 'truncate') return truncate(path);
      for (const file of [path, `${path}-wal`].filter(hasContent)) {
        writeFileSync(file, readFileSync(file).fill('not a database. '));
      }
    },
    mend: () => rmSync(parent),
    copy() {
      const copies = mkdtempSync(join(folder, 'copy-'));
      const copied = join(copies, 'spool.db');
      for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, copied + end);
      return () => {
        const numbers = existsSync(copied) ? numbersIn(copied) : [];
        rmSync(copies, { recursive: true });
        return numbers;
      };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The database loses its second half. Not its log: a log that ends early is what SQLite expects after a crash. */
function truncate(path: string): void {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  truncateSync(path, Math.floor(statSync(path).size / 2));
}

function numbersIn(path: string): number[] {
  const database = new DatabaseSync(path);
  try {
    const rows = database.prepare('SELECT value FROM records').all();
    return rows.map(({ value }) => numberOf(Buffer.from(value as Uint8Array)).n);
  } finally {
    database.close();
  }
}

const hasContent = (file: string): boolean => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
