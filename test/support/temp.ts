import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

/** A folder that goes when the test (or the suite, or the file) that asked for it ends. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
