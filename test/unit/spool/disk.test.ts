import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  open as openFile,
  openSync,
  readdirSync,
  readlinkSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { openSpool } from '../../../src/spool/open.ts';
import type { KafkaRecord } from '../../../src/model/record.ts';
import type { Spool } from '../../../src/model/spool.ts';
import { tempFolder } from '../../support/temp.ts';
import { openOn } from '../telemetry/runtime.ts';

const place = { topic: 'events', partition: 0 };
const record = (value: string): KafkaRecord => ({
  topic: 'events',
  key: Buffer.from('k'),
  value: Buffer.from(value),
  headers: {},
  timestamp: 0,
});

const open = (path: string): Promise<Spool> =>
  openSpool({ path, maxBytes: 1_000_000, lockTimeout: 0 }, () => undefined);

function keep(spool: Spool, id: number): Promise<string> {
  return new Promise((resolve) =>
    spool.append(id, record(`v${id}`), 0, (error) => resolve(error?.code ?? 'kept')),
  );
}

const ids = (spool: Spool) => spool.read(place, 0, 1_000_000).map(({ id }) => id);

/**
 * Puts something that cannot be synced in the place of the open log. Linux shows which files are open.
 * @returns what puts the log back, if it is still in use
 */
function breakLog(path: string): () => void {
  const opened = readdirSync('/proc/self/fd').map(Number);
  const log = Math.max(...opened.filter((fd) => leadsTo(fd) === `${path}-wal`));
  closeSync(log);
  const taken: number[] = [];
  // The lowest free number is given out first.
  while (!taken.includes(log)) taken.push(openSync('/dev/null', 'r'));
  for (const fd of taken) if (fd !== log) closeSync(fd);
  return () => {
    if (leadsTo(log) !== '/dev/null') return;
    closeSync(log);
    assert.equal(openSync(`${path}-wal`, 'r+'), log, 'the lowest free number');
  };
}

function leadsTo(fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

/** Keeps each thread that waits for disks waiting for a pipe that nobody writes to. Returns what lets them go. */
function hangDisks(): () => void {
  const pipe = join(tempFolder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const threads = Number(process.env.UV_THREADPOOL_SIZE ?? 4);
  for (let thread = 0; thread < threads; thread++) openFile(pipe, 'r', (_, fd) => closeSync(fd));
  return () => closeSync(openSync(pipe, 'r+'));
}

describe('the spool on a bad disk', () => {
  it('counts nothing twice when the broker has a record first that could not be written', async () => {
    const spool = await open(join(tempFolder(), 'spool.db'));
    assert.equal(await keep(spool, 1), 'kept');
    const before = spool.level();
    // The second row of an id cannot be written, and neither can its neighbours in the same transaction.
    const twice = keep(spool, 1);
    let told = false;
    spool.append(2, record('v2'), 0, () => (told = true));
    assert.deepEqual(ids(spool), [1]);
    spool.remove(2, record('v2'));
    assert.equal(await twice, 'SPOOL_FAILED');
    assert.equal(told, false);
    assert.deepEqual(spool.level(), before);
    await spool.close();
  });

  /**
   * The kernel may drop the pages of a failed sync and call them clean. What was written and synced behind that gap was told
   * as kept, and after a power cut SQLite ended the log at the gap.
   */
  it(
    'tells nothing as kept that stands behind a gap of its log',
    { skip: process.platform === 'linux' ? false : 'needs /proc' },
    async () => {
      const path = join(tempFolder(), 'spool.db');
      const spool = await open(path);
      const told = [];
      for (const id of [1, 2, 3, 4, 5, 6]) if ((await keep(spool, id)) === 'kept') told.push(id);
      const log = statSync(`${path}-wal`);
      const mend = breakLog(path);
      assert.equal(await keep(spool, 7), 'SPOOL_FAILED');
      const end = statSync(`${path}-wal`).size;
      mend();
      for (const id of [8, 9, 10, 11, 12, 13]) if ((await keep(spool, id)) === 'kept') told.push(id);
      assert.equal(told.length, 12);

      const left = join(tempFolder(), 'spool.db');
      for (const suffix of ['', '-wal']) copyFileSync(path + suffix, left + suffix);
      if (statSync(`${path}-wal`).birthtimeMs === log.birthtimeMs) {
        const disk = openSync(`${left}-wal`, 'r+');
        writeSync(disk, Buffer.alloc(end - log.size), 0, end - log.size, log.size);
        closeSync(disk);
      }
      const next = await open(left);
      assert.deepEqual(ids(next), told);
      await Promise.all([spool.close(), next.close()]);
    },
  );

  // The row was in the file, and the push had been told that it was not: the next start sent it.
  it(
    'takes back what it could not sync',
    { skip: process.platform === 'linux' ? false : 'needs /proc' },
    async () => {
      const path = join(tempFolder(), 'spool.db');
      const spool = await open(path);
      assert.equal(await keep(spool, 1), 'kept');
      const before = spool.level();
      breakLog(path);
      assert.equal(await keep(spool, 2), 'SPOOL_FAILED');
      assert.deepEqual(spool.level(), before);
      await spool.close();
      const again = await open(path);
      assert.deepEqual(ids(again), [1]);
      await again.close();
    },
  );

  // What was read before its sync failed was counted off when it failed, and again when it was removed: -2 records.
  it(
    'counts what it could not sync once, though somebody had read it',
    { skip: process.platform === 'linux' ? false : 'needs /proc' },
    async () => {
      const path = join(tempFolder(), 'spool.db');
      const spool = await open(path);
      assert.equal(await keep(spool, 1), 'kept');
      const before = spool.level();
      breakLog(path);
      const fates = [keep(spool, 2), keep(spool, 3)];
      assert.deepEqual(ids(spool), [1, 2, 3]);
      assert.deepEqual(await Promise.all(fates), ['SPOOL_FAILED', 'SPOOL_FAILED']);
      spool.remove(2, record('v2'));
      assert.deepEqual(ids(spool), [1], 'the rows are gone');
      spool.remove(3, record('v3'));
      assert.deepEqual(spool.level(), before);
      spool.remove(1, record('v1'));
      assert.equal(spool.level().records, 0);
      await spool.close();
    },
  );

  /** It threw, and with it `kafkaHealth()`: whoever asked how the destination was got an error of SQLite's. */
  it('that cannot be read still tells how much it holds', async () => {
    const path = join(tempFolder(), 'spool.db');
    const spool = await open(path);
    assert.equal(await keep(spool, 1), 'kept');
    const other = new DatabaseSync(path);
    other.exec('DROP TABLE records');
    other.close();
    // 64 for the row, 1 for the key, 2 for the value, 2 for "{}".
    assert.deepEqual(spool.level(), { records: 1, bytes: 69, oldest: undefined });
    await spool.close();
  });

  // Its push was told that the destination had closed; when the disk came back, the record was kept and sent by the next.
  it('does not keep a destination from ending in five seconds, nor has more than its pushes were told', async (t) => {
    const path = join(tempFolder(), 'spool.db');
    const { runtime, cluster } = await openOn({}, {}, { spool: { path, mode: 'always' } });
    await runtime.connect();
    cluster.cutOff();
    const letGo = hangDisks();
    try {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const pushed = runtime.producer.sendAll([record('lost')]);
      let closed = false;
      void runtime.close().then(() => (closed = true));
      let passed = 0;
      for (; !closed && passed < 10_000; passed += 50) {
        await new Promise((resolve) => setImmediate(resolve));
        t.mock.timers.tick(50);
      }
      assert.ok(passed <= 5_000, `${passed} ms`);
      const [error] = await pushed;
      assert.equal(error?.code, 'DESTINATION_CLOSED');
      t.mock.timers.reset();
    } finally {
      letGo();
    }
    const next = await openSpool({ path, maxBytes: 1_000_000, lockTimeout: 2_000 }, () => undefined);
    assert.deepEqual(next.places(), []);
    await next.close();
  });
});
