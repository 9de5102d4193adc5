import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readSpool } from '../../../src/spool/status.ts';
import { tempFolder } from '../../support/temp.ts';
import { filled, keep, open, record, start } from './file-spool.ts';

describe('a look at a spool', () => {
  /** It left an empty log and its index, which belonged to whoever had looked: a flow of another user could not start. */
  it('leaves nothing beside it', async () => {
    const folder = tempFolder();
    const path = join(folder, 'spool.db');
    await filled(path, 2);
    assert.equal((await readSpool(path)).records, 2);
    assert.deepEqual(readdirSync(folder).sort(), ['spool.db', 'spool.db-lock']);
  });

  it('leaves nothing beside one that was copied with its log', async () => {
    const path = join(tempFolder(), 'spool.db');
    const spool = await open(path);
    await keep(spool, 1, record('in the log'));
    const folder = tempFolder();
    const copy = join(folder, 'copy.db');
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, copy + suffix);
    await spool.close();
    assert.equal((await readSpool(copy)).records, 1);
    assert.deepEqual(readdirSync(folder).sort(), ['copy.db', 'copy.db-wal']);
  });

  /** "attempt to write a readonly database. It needs a local disk with room", it said. */
  it(
    'needs no right to write, whether the flow has ended, runs, or has crashed',
    { skip: process.getuid?.() !== 0 && 'only root can run a process as somebody else' },
    async (t) => {
      const folder = tempFolder();
      const path = join(folder, 'spool.db');
      chmodSync(folder, 0o755);
      await filled(path, 2);
      // What is new is for its user alone.
      chmodSync(path, 0o644);
      const look = () => start(t, 'looking-process.ts', [path]).line;
      assert.equal(await look(), '2 records');
      assert.deepEqual(readdirSync(folder).sort(), ['spool.db', 'spool.db-lock']);
      const owner = start(t, 'owner-process.ts', [path]);
      assert.equal(await owner.line, 'kept');
      assert.equal(await look(), '3 records');
      await owner.kill();
      assert.equal(await look(), '3 records');
    },
  );

  it('does not keep a flow from opening it', async (t) => {
    const path = join(tempFolder(), 'spool.db');
    await filled(path, 1);
    assert.equal(await start(t, 'holding-process.ts', [path]).line, 'held');
    const spool = await open(path);
    assert.equal(spool.level().records, 1);
    await spool.close();
  });
});
