import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSpool } from '../src/spool/status.ts';

/** Where the destination keeps what Kafka cannot take yet, for one run. */
export class SpoolPlace {
  readonly #folder = mkdtempSync(join(tmpdir(), 'walkeros-demo-'));
  readonly path = join(this.#folder, 'spool.db');

  /** Records that wait there; 0 before the destination has begun to use it. */
  async depth(): Promise<number> {
    if (!existsSync(this.path)) return 0;
    const { records } = await readSpool(this.path);
    return records;
  }

  /** A cluster that ends with us takes no more: what waits for it goes with it. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
