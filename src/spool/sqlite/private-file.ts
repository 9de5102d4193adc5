import { closeSync, existsSync, openSync } from 'node:fs';

/**
 * Makes a file that is not there, empty and for its user alone: it will hold events. Those that SQLite puts beside a
 * database get its rights. One that is there is not opened, for its closing would free the locks of this process on it.
 */
export function createPrivate(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
}
