import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { openSpool } from '../../../src/spool/open.ts';
import { realDisk } from '../../../src/spool/sqlite/files.ts';
import { readSpool } from '../../../src/spool/status.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { unassigned } from '../../../src/model/spool.ts';
import type { Notice } from '../../../src/model/notice.ts';
import { tempFolder } from '../../support/temp.ts';
import { filled, keep, open, place, record, start } from './file-spool.ts';

/** What limited-process.ts says. */
interface Limited {
  readonly tried: number;
  readonly kept: number;
  /** Of the append that found no room. */
  readonly fate: string;
  /** Of one more, after all that was kept has left. */
  readonly again: string;
}

describe('the file of the spool', () => {
  it('is refused to a second process, by path and with what to do, and is free after kill -9 with all that was kept', async (t) => {
    const path = join(tempFolder(), 'spool.db');
    const owner = start(t, 'owner-process.ts', [path]);
    assert.equal(await owner.line, 'kept');
    await assert.rejects(open(path), {
      code: 'SPOOL_IN_USE',
      message:
        `settings.spool.path "${path}" is in use by another process or by another destination of this one: ` +
        'two writers would lose or double records. Give each destination and each replica a path of its own, ' +
        'or end the other first.',
    });
    assert.equal((await readSpool(path)).records, 1, 'others may look');
    await owner.kill();
    const spool = await open(path);
    assert.deepEqual(
      spool.read(place, 0, 1_000).map((kept) => String(kept.record.value)),
      ['from the other process'],
    );
    await spool.close();
  });

  it('is refused to a second destination of the same process, but waits for one that is closing', async () => {
    const path = join(tempFolder(), 'spool.db');
    const first = await open(path);
    await assert.rejects(open(path), { code: 'SPOOL_IN_USE' });
    const second = openSpool({ path, maxBytes: 1_000 }, () => undefined);
    setTimeout(() => void first.close(), 200);
    await (await second).close();
  });

  it('is set aside when it is no database any more, and a fresh one begun', async () => {
    const folder = tempFolder();
    const path = join(folder, 'spool.db');
    // A spool was there before.
    writeFileSync(`${path}-lock`, '');
    writeFileSync(path, 'garbage '.repeat(5_000));
    const notices: Notice[] = [];
    const spool = await open(path, notices);
    await keep(spool, 1, record('new'));
    await spool.close();
    const [notice] = notices;
    assert.equal(notice?.kind, 'spool-damaged');
    assert.equal(notice.path, path);
    assert.equal(notice.records, 0);
    assert.match(notice.movedTo, /spool\.db\.damaged-\d{4}-\d\d-\d\dT/);
    assert.ok(readFileSync(notice.movedTo, 'utf8').startsWith('garbage '), 'the evidence is kept');
    assert.equal((await readSpool(path)).records, 1);
  });

  it('is set aside when it was cut, and what can still be read is taken over', async () => {
    const path = join(tempFolder(), 'spool.db');
    await filled(path, 400);
    truncateSync(path, Math.floor(statSync(path).size / 2));
    const notices: Notice[] = [];
    const spool = await open(path, notices);
    const [notice] = notices;
    assert.equal(notice?.kind, 'spool-damaged');
    assert.ok(notice.records > 50 && notice.records < 400, `${notice.records} taken over`);
    const kept = spool.read(place, 0, 10_000_000).map(({ record }) => String(record.value).trim());
    assert.deepEqual(
      kept,
      Array.from({ length: notice.records }, (_, index) => String(index)),
      'the oldest, in order',
    );
    await spool.close();
  });

  /** The damage met in the old file failed the transaction of the new one: the flow did not start, and nobody was told. */
  it('is set aside when the cut took the roots of its tables', async () => {
    const path = join(tempFolder(), 'spool.db');
    await filled(path, 4_000);
    truncateSync(path, Math.floor(statSync(path).size / 2));
    const notices: Notice[] = [];
    const spool = await open(path, notices);
    assert.deepEqual(
      notices.map(({ kind }) => kind),
      ['spool-damaged'],
    );
    await keep(spool, 5_000, record('new'));
    await spool.close();
  });

  it('of length zero is a new spool', async () => {
    const path = join(tempFolder(), 'spool.db');
    writeFileSync(path, '');
    const notices: Notice[] = [];
    const spool = await open(path, notices);
    await keep(spool, 1, record('x'));
    await spool.close();
    assert.deepEqual(notices, []);
  });

  it('of a newer version is refused untouched', async () => {
    const path = join(tempFolder(), 'spool.db');
    await filled(path, 1);
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 2');
    database.close();
    const refusal = {
      code: 'SPOOL_UNAVAILABLE',
      message:
        `settings.spool.path "${path}" cannot be used: a newer version of this package wrote it (format 2, this one ` +
        'knows 1): update the package, or let the newer one deliver what is in it first.',
    };
    await assert.rejects(open(path), refusal);
    await assert.rejects(readSpool(path), refusal);
    await assert.rejects(open(path), { code: 'SPOOL_UNAVAILABLE' }, 'a refused open holds no lock');
  });

  it('where it cannot be is refused with the fix', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'file'), '');
    await assert.rejects(open(join(folder, 'file', 'spool.db')), {
      code: 'SPOOL_UNAVAILABLE',
      message: /its folder ".*file" cannot be made \(.*\): make it, or name a path on a writable volume\.$/,
    });
    await assert.rejects(open(folder), {
      code: 'SPOOL_UNAVAILABLE',
      message: /it is a folder: name a file in it/,
    });
    await assert.rejects(readSpool(join(folder, 'none.db')), {
      code: 'SPOOL_UNAVAILABLE',
      message: /there is no such file/,
    });
  });

  it(
    'in a read-only folder is refused with the fix',
    { skip: process.getuid?.() === 0 && 'root may write anywhere' },
    async () => {
      const folder = join(tempFolder(), 'readonly');
      mkdirSync(folder);
      chmodSync(folder, 0o555);
      await assert.rejects(open(join(folder, 'spool.db')), {
        code: 'SPOOL_UNAVAILABLE',
        message: /this process may not write there .* give its user write access to the folder/,
      });
    },
  );

  /**
   * A flow had run as root once, and only the spool itself was given to its user later. SQLite opened the lock, which it may
   * not write, to be read: its "exclusive" transaction locked nothing, and two flows owned the spool.
   */
  it(
    'has no two owners where its user may not write to the lock',
    { skip: process.getuid?.() !== 0 && 'only root can run a process as somebody else' },
    async (t) => {
      const folder = tempFolder();
      const path = join(folder, 'spool.db');
      await filled(path, 1);
      for (const file of [folder, path]) chownSync(file, 65_534, 65_534);
      const lines = ['first', 'second'].map(() => start(t, 'other-user-process.ts', [path]).line);
      for (const line of await Promise.all(lines)) {
        const refusals = JSON.parse(line) as string[];
        assert.equal(refusals.length, 2);
        for (const refusal of refusals) {
          assert.match(
            refusal,
            /^settings\.spool\.path ".*spool\.db" cannot be used: this process may not write there \(.* give its user write/,
          );
        }
      }
    },
  );

  /** The log was looked for beside the link, where SQLite does not keep it. */
  it('may be named by a link, to a file that is not there yet as well, and has one owner by all its names', async () => {
    const [folder, links] = [tempFolder(), tempFolder()];
    const path = join(links, 'spool.db');
    symlinkSync(join(folder, 'real.db'), path);
    const spool = await open(path);
    await keep(spool, 1, record('x'));
    await assert.rejects(open(join(folder, 'real.db')), { code: 'SPOOL_IN_USE' });
    assert.equal((await readSpool(path)).records, 1);
    await spool.close();
    const again = await open(path);
    assert.equal(again.level().records, 1);
    await again.close();
    assert.equal((await readSpool(path)).records, 1);
    assert.deepEqual(readdirSync(folder).sort(), ['real.db', 'real.db-lock']);
    assert.deepEqual(readdirSync(links), ['spool.db']);
  });

  /** What had been opened of it stayed open, once more with each try. And our tables were written into it. */
  it('of another application is refused, and let go of', async () => {
    const folder = tempFolder();
    const path = join(folder, 'spool.db');
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE records (id INTEGER, refused TEXT); PRAGMA user_version = 1');
    database.close();
    await assert.rejects(open(path), {
      code: 'SPOOL_UNAVAILABLE',
      message:
        `settings.spool.path "${path}" cannot be used: it is a file of another application, which stays as it is: ` +
        'name a path of its own for the spool.',
    });
    assert.deepEqual(readdirSync(folder), ['spool.db']);
  });

  /** Our tables were written into a shop's database, and its flow.json was renamed as a damaged spool. */
  for (const [what, write] of [
    [
      'a database',
      (path: string) => {
        const database = new DatabaseSync(path);
        database.exec(
          'PRAGMA journal_mode = WAL; CREATE TABLE orders (id INTEGER); INSERT INTO orders VALUES (1)',
        );
        database.close();
      },
    ],
    [
      'a database of an application that names itself',
      (path: string) => {
        const database = new DatabaseSync(path);
        database.exec('PRAGMA application_id = 1234');
        database.close();
      },
    ],
    ['no database', (path: string) => writeFileSync(path, '{ "version": 4 }'.repeat(1_000))],
  ] as const)
    it(`that is ${what} of somebody else is neither written to nor renamed`, async () => {
      const folder = tempFolder();
      const path = join(folder, 'other');
      write(path);
      const before = readFileSync(path);
      const notices: Notice[] = [];
      for (let tries = 0; tries < 2; tries++)
        await assert.rejects(open(path, notices), {
          code: 'SPOOL_UNAVAILABLE',
          message: /it is a file of another application, which stays as it is/,
        });
      assert.ok(before.equals(readFileSync(path)));
      assert.deepEqual(readdirSync(folder), ['other']);
      assert.deepEqual(notices, []);
    });

  // Version 0.1.0 wrote no application id.
  it('of an earlier version is taken over, and names itself from then on', async () => {
    const path = join(tempFolder(), 'spool.db');
    await filled(path, 3);
    const earlier = new DatabaseSync(path);
    earlier.exec('PRAGMA application_id = 0; DROP TABLE in_doubt');
    earlier.close();
    const spool = await open(path);
    assert.equal(spool.level().records, 3);
    await spool.close();
    const database = new DatabaseSync(path);
    assert.deepEqual({ ...database.prepare('PRAGMA application_id').get() }, { application_id: 0x776b7370 });
    database.close();
  });

  /** Under the usual umask everybody on the machine could read the events. */
  it('and all files beside it are for their user alone, as is a folder that is made', async () => {
    const folder = join(tempFolder(), 'made', 'for', 'it');
    const path = join(folder, 'spool.db');
    const before = process.umask(0o022);
    try {
      const spool = await open(path);
      await keep(spool, 1, record('x'));
      const modes = Object.fromEntries(
        readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]),
      );
      assert.deepEqual(modes, {
        'spool.db': '600',
        'spool.db-lock': '600',
        'spool.db-shm': '600',
        'spool.db-wal': '600',
      });
      for (const made of [folder, join(folder, '..'), join(folder, '..', '..')])
        assert.equal((statSync(made).mode & 0o777).toString(8), '700');
      await spool.close();
    } finally {
      process.umask(before);
    }
  });

  /** The entry of a new folder is in the folder above: a power cut took both, with all that had been told as kept. */
  it('has the folders that are made for it synced, up to the one that was there', async () => {
    const above = tempFolder();
    const path = join(above, 'made', 'twice', 'spool.db');
    const synced: string[] = [];
    const disk = {
      sync(file: number): Promise<void> {
        synced.push(readlinkSync(`/proc/self/fd/${file}`));
        return Promise.resolve();
      },
    };
    const spool = await openSpool({ path, maxBytes: 1_000, lockTimeout: 0 }, () => undefined, disk);
    for (const folder of [above, join(above, 'made'), join(above, 'made', 'twice')])
      assert.ok(synced.includes(folder), `${folder} is synced`);
    await spool.close();
  });

  it('does not grow by what comes and goes', async () => {
    const path = join(tempFolder(), 'spool.db');
    const spool = await open(path);
    let id = 0;
    for (let round = 0; round < 60; round++) {
      const records = Array.from({ length: 100 }, () => ({ id: ++id, record: record('x'.repeat(20_000)) }));
      await Promise.all(records.map(({ id, record }) => keep(spool, id, record)));
      for (const { id, record } of records) spool.remove(id, record);
    }
    const { fileBytes } = await readSpool(path);
    assert.ok(fileBytes < 60_000_000, `${fileBytes} bytes for 120 MB that came and went`);
    await spool.close();
    assert.ok(statSync(path).size < 20_000_000);
    assert.ok(!existsSync(`${path}-wal`), 'a closed spool is one file');
    assert.deepEqual(readdirSync(join(path, '..')).sort(), ['spool.db', 'spool.db-lock']);
  });

  /**
   * Half a million records took 280 ms to go into the database at once, when all of them had their partition. Then, on a disk that
   * syncs slowly, those of one sync still took 120 ms.
   */
  it('moves its log into the database while records are given their partitions, however slow its disk is', async () => {
    const path = join(tempFolder(), 'spool.db');
    const before = await open(path);
    const kept = Array.from({ length: 20_000 }, (_, index) => {
      const { promise, resolve } = Promise.withResolvers<KafkaError | undefined>();
      before.append(index + 1, record(`${index}`.padEnd(1_000)), unassigned, resolve);
      return promise;
    });
    assert.deepEqual(new Set(await Promise.all(kept)), new Set([undefined]));
    await before.close();
    const slow = {
      sync: async (file: number) => {
        await wait(200);
        await realDisk.sync(file);
      },
    };
    const spool = await openSpool({ path, maxBytes: 1e9, lockTimeout: 0 }, () => undefined, slow);
    let turn = 0;
    let largest = 0;
    for (let assigned = 'more'; assigned !== 'done';) {
      assigned = spool.assign('events', 60, () => turn++ % 60, 500);
      await (assigned === 'later' ? wait(10) : new Promise(setImmediate));
      largest = Math.max(largest, statSync(`${path}-wal`).size);
    }
    assert.equal(turn, 20_000);
    assert.ok(largest < 16_000_000, `the log has ${largest} bytes`);
    await spool.close();
  });

  /** A drain with two hundred pushes a second: each sync began with some more to sync, the log had 82 MB, and to move it took 120 ms. */
  it('moves its log into the database though records come during each sync', async () => {
    const path = join(tempFolder(), 'spool.db');
    let id = 0;
    const told: Promise<unknown>[] = [];
    const more = (count: number, bytes: number): void => {
      for (let index = 0; index < count; index++) told.push(keep(spool, ++id, record(`${id}`.padEnd(bytes))));
    };
    const busy = {
      sync: async (file: number) => {
        if (id > 0 && id < 3_000) more(1, 100);
        await realDisk.sync(file);
        if (id > 0 && id < 3_000) more(100, 10_000);
      },
    };
    const spool = await openSpool({ path, maxBytes: 1e9, lockTimeout: 0 }, () => undefined, busy);
    let largest = 0;
    more(1, 100);
    while (told.length > 0) {
      await Promise.all(told.splice(0));
      largest = Math.max(largest, statSync(`${path}-wal`).size);
    }
    assert.ok(id >= 3_000);
    assert.ok(largest < 10_000_000, `the log has ${largest} bytes`);
    await spool.close();
  });

  it('on a disk without room fails the append that found it so, and keeps what it had', async (t) => {
    const path = join(tempFolder(), 'spool.db');
    // 2,048 blocks of 512 or 1,024 bytes, as the shell counts: the kernel refuses what goes beyond, as a full disk does.
    const limited = start(t, 'limited-process.ts', [path], 'ulimit -f 2048;');
    const { tried, kept, fate, again } = JSON.parse(await limited.line) as Limited;
    assert.ok(tried > 5 && tried < 40, `${tried} tried`);
    assert.equal(kept, tried - 1);
    assert.match(fate, /could not keep the record: .* the next push tries again\.$/);
    assert.equal(again, 'kept');
    await limited.kill();
    const spool = await open(path);
    assert.equal(spool.read(place, 0, 1_000_000_000).length, 1);
    await spool.close();
  });

  // To take out small records one by one writes as much as they did, and there was no room for that: what had been delivered
  // stayed, was sent again at the next start, and nothing was kept from then on.
  it('that it has filled with small records gives its room back once all have left it', async (t) => {
    const path = join(tempFolder(), 'spool.db');
    const limited = start(t, 'limited-process.ts', [path, '500'], 'ulimit -f 2048;');
    const { kept, again } = JSON.parse(await limited.line) as Limited;
    assert.ok(kept > 50, `${kept} kept`);
    assert.equal(again, 'kept');
    await limited.kill();
    const spool = await open(path);
    assert.equal(spool.read(place, 0, 1_000_000_000).length, 1);
    await spool.close();
  });
});

describe('the status of a spool', () => {
  it('tells records, bytes, age and refusals by topic, while the flow goes on', async () => {
    const path = join(tempFolder(), 'spool.db');
    const spool = await open(path);
    const before = Date.now();
    await Promise.all([
      keep(spool, 1, record('a')),
      keep(spool, 2, record('b')),
      keep(spool, 3, record('c', 'orders')),
    ]);
    spool.refuse(2, new KafkaError('RECORD_REJECTED', 'the broker said no'));
    await keep(spool, 4, record('d', 'orders'));
    const { fileBytes, oldest, topics, ...rest } = await readSpool(path);
    assert.ok(fileBytes > 4_096);
    assert.ok(oldest && oldest.getTime() >= before && oldest.getTime() <= Date.now());
    // 64 for the row, 1 for the key, 1 for the value, 2 for "{}".
    assert.deepEqual(rest, { path, records: 3, bytes: 4 * 68, refused: 1 });
    assert.deepEqual(
      topics.map(({ oldest, ...topic }) => ({ ...topic, dated: oldest instanceof Date })),
      [
        {
          topic: 'events',
          records: 1,
          bytes: 2 * 68,
          refused: 1,
          refusals: [{ error: 'the broker said no', records: 1 }],
          dated: true,
        },
        { topic: 'orders', records: 2, bytes: 2 * 68, refused: 0, refusals: [], dated: true },
      ],
    );
    await spool.close();
    assert.equal((await readSpool(path)).records, 3, 'after the end as well');
  });
});
