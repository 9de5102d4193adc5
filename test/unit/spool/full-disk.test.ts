import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tempFolder } from '../../support/temp.ts';
import { filled, start } from './file-spool.ts';

const canLimit = (() => {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** Every push was refused with SPOOL_UNAVAILABLE, nothing that waited was delivered, and Kafka was well. */
describe(
  'a flow that starts on a full disk',
  { concurrency: 3, skip: !canLimit && 'needs prlimit of util-linux' },
  () => {
    for (const mode of ['overflow', 'always'])
      for (const before of ['ended well', 'was killed', 'never was'])
        it(`delivers, also what waits, and keeps again once there is room: mode ${mode}, the flow before ${before}`, async (t) => {
          const path = join(tempFolder(), 'spool.db');
          if (before === 'ended well') await filled(path, 3);
          if (before === 'was killed') {
            const owner = start(t, 'owner-process.ts', [path]);
            assert.equal(await owner.line, 'kept');
            await owner.kill();
          }
          const leftovers = { 'ended well': 3, 'was killed': 1, 'never was': 0 }[before] ?? 0;
          const { line } = start(
            t,
            'full-disk-process.ts',
            [path, mode, String(leftovers)],
            'ulimit -S -f 0;',
          );
          const said = JSON.parse(await line) as Record<string, unknown>;
          const lines = said.log as string[];
          assert.equal(said.failed, undefined);
          assert.deepEqual(
            { pushed: said.pushed, stored: said.stored, away: said.away, withRoom: said.withRoom },
            { pushed: 'ok', stored: leftovers + 1, away: 'SPOOL_FAILED', withRoom: 'ok' },
          );
          assert.equal(said.drainedTold, false, 'the file still has them');
          assert.equal(said.waiting, 1, 'only what was pushed after that');
          const line0 = lines.find((text) => text.includes('cannot be written')) ?? '';
          assert.match(
            line0,
            /Make room on its disk\. Until then nothing is kept in it; what it holds is delivered/,
          );
        });
  },
);
