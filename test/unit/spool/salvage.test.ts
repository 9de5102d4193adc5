import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSpool } from '../../../src/spool/status.ts';
import type { Notice } from '../../../src/model/notice.ts';
import { tempFolder } from '../../support/temp.ts';
import { damageIndex, filled, open, place, record, keep, start } from './file-spool.ts';

/** The damaged file had its new name before anything was saved of it: what came next was an empty spool, and no word. */
describe('a damaged spool whose records are being saved', () => {
  it('loses none of them to a kill, and the next start tells', async (t) => {
    const folder = tempFolder();
    const path = join(folder, 'spool.db');
    await filled(path, 20_000);
    damageIndex(path);
    const killed = start(t, 'salvaging-process.ts', [path]);
    while (!readdirSync(folder).some((name) => /damaged|salvag/.test(name))) await sleep(1);
    await killed.kill();

    const notices: Notice[] = [];
    const spool = await open(path, notices);
    assert.equal(spool.level().records, 20_000);
    assert.deepEqual(
      notices.map((notice) => notice.kind === 'spool-damaged' && notice.records),
      [20_000],
    );
    await spool.close();
    assert.deepEqual(
      readdirSync(folder).filter((name) => !name.includes('damaged')),
      ['spool.db', 'spool.db-lock'],
    );
  });

  it('keeps them where the disk has no room for them, and says so at each start', async (t) => {
    const folder = tempFolder();
    const path = join(folder, 'spool.db');
    await filled(path, 4_000);
    damageIndex(path);
    chmodSync(path, 0o640);
    const before = readFileSync(path);
    // 2 or 4 MiB, as the shell counts. The file has more than five.
    const limited = start(t, 'salvaging-process.ts', [path], 'ulimit -f 4096;');
    const { fates, told } = JSON.parse(await limited.line) as { fates: string[]; told: string[] };
    assert.equal(fates.length, 2);
    for (const fate of fates)
      assert.match(
        fate,
        /^settings\.spool\.path ".*" cannot be used: (disk I\/O error|database or disk is full)\. It needs a local disk with room\.$/,
      );
    assert.deepEqual(told, []);
    await limited.kill();
    assert.ok(before.equals(readFileSync(path)), 'the damaged file stands where it was');
    assert.deepEqual(readdirSync(folder).sort(), ['spool.db', 'spool.db-lock']);

    const notices: Notice[] = [];
    const spool = await open(path, notices);
    assert.equal(spool.level().records, 4_000);
    assert.equal(notices.length, 1);
    assert.equal(statSync(path).mode & 0o777, 0o640, 'who may read it has not changed');
    await spool.close();
  });

  // What was saved is complete once it has its name; from there on each start goes on where the last one was killed.
  for (const [step, moved] of [
    ['before the damaged one is set aside', []],
    ['when its log is', ['-wal']],
    ['when it is itself', ['-wal', '']],
  ] as const)
    it(`goes on after a kill ${step}`, async () => {
      const folder = tempFolder();
      const path = join(folder, 'spool.db');
      const aside = `${path}.damaged-2026-01-02T03-04-05.678Z`;
      await filled(path, 3);
      copyFileSync(path, `${path}.salvaged`);
      const saved = new Date('2026-01-02T03:04:05.678Z');
      utimesSync(`${path}.salvaged`, saved, saved);
      writeFileSync(path, 'damaged');
      writeFileSync(`${path}-wal`, 'its log');
      for (const suffix of moved) renameSync(path + suffix, aside + suffix);
      if (moved.length === 2) assert.equal((await readSpool(path)).records, 3);

      const notices: Notice[] = [];
      const spool = await open(path, notices);
      assert.deepEqual(notices, [{ kind: 'spool-damaged', path, movedTo: aside, records: 3 }]);
      assert.equal(spool.level().records, 3);
      await keep(spool, 4, record('new'));
      await spool.close();
      assert.deepEqual(
        [aside, `${aside}-wal`].map((file) => readFileSync(file, 'utf8')),
        ['damaged', 'its log'],
      );
      assert.equal((await readSpool(path)).records, 4);
    });

  // The file was filled up with zeros to be read: a record whose end was cut off was sent with zeros for it.
  it('gives no record that was cut itself', async () => {
    const path = join(tempFolder(), 'spool.db');
    const spool = await open(path);
    for (const id of [1, 2, 3, 4]) await keep(spool, id, record('x'.repeat(6_000)));
    await spool.close();
    truncateSync(path, statSync(path).size - 4_096);
    const notices: Notice[] = [];
    const again = await open(path, notices);
    const values = again.read(place, 0, 1_000_000).map((kept) => String(kept.record.value));
    assert.deepEqual(values, ['x'.repeat(6_000), 'x'.repeat(6_000), 'x'.repeat(6_000)]);
    assert.equal(notices.length, 1);
    await again.close();
  });
});
