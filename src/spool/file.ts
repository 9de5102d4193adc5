import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

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
