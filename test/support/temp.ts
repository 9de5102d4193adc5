import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

const folders = new Set<string>();
process.once('exit', () => folders.forEach(remove));

/** A folder that goes when the test (or the suite, or the file) that asked for it ends, or the process. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-test-'));
  folders.add(folder);
  after(() => remove(folder));
  return folder;
}

function remove(folder: string): void {
  folders.delete(folder);
  rmSync(folder, { recursive: true, force: true });
}
