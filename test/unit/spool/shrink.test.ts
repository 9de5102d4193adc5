import assert from 'node:assert/strict';
import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { KafkaError } from '../../../src/model/errors.ts';
import type { Spool } from '../../../src/model/spool.ts';
import { tempFolder } from '../../support/temp.ts';
import { filled, keep, open, place, record } from './file-spool.ts';

/** How many threads were started since. */
function threads(t: TestContext): () => number {
  let started = 0;
  const count = () => void started++;
  process.on('worker', count);
  t.after(() => process.off('worker', count));
  return () => started;
}

/** Lets the spool's timers run out, turn by turn, until it is so. The disk takes as long as it takes. */
async function passUntil(t: TestContext, holds: () => boolean): Promise<void> {
  for (const until = performance.now() + 20_000; !holds();) {
    assert.ok(performance.now() < until, 'in 20 seconds');
    t.mock.timers.tick(1_000);
    await new Promise(setImmediate);
  }
}

const isSmall = (path: string) => statSync(path).size < 200_000;

/** A spool of which so many records of 10 KB leave the first are left. */
async function drained(t: TestContext, path: string, left: number): Promise<Spool> {
  await filled(path, 2_000, 10_000);
  const spool = await open(path);
  t.after(() => spool.close());
  assert.ok(statSync(path).size > 20_000_000);
  const kept = spool.read(place, 0, Infinity);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const { id, record } of kept.slice(0, kept.length - left)) spool.remove(id, record);
  return spool;
}

const idsOf = (spool: Spool) => spool.read(place, 0, Infinity).map(({ id }) => id);

function integrity(path: string): unknown {
  const database = new DatabaseSync(path);
  try {
    return database.prepare('PRAGMA integrity_check').get()?.integrity_check;
  } finally {
    database.close();
  }
}

/** After an outage it kept 417 MB with nothing in it, until the process stopped. */
describe('the file of a spool gives its space back', () => {
  // The kernel took 90 ms to cut half a gigabyte off, and the loop waited for it.
  it('while it is open, in a thread', async (t) => {
    const path = join(tempFolder(), 'spool.db');
    const spool = await drained(t, path, 0);
    const started = threads(t);
    await passUntil(t, () => isSmall(path));
    assert.equal(started(), 1);
    await keep(spool, 2_001, record('new'));
    assert.deepEqual(spool.places(), [{ ...place, records: 1 }]);
  });

  /** One refused record kept the space of all that had been delivered. */
  it('while some records stay in it, refused or not', async (t) => {
    const path = join(tempFolder(), 'spool.db');
    const spool = await drained(t, path, 4);
    spool.refuse(1_998, new KafkaError('RECORD_REJECTED', 'the broker said no'));
    await passUntil(t, () => isSmall(path));
    assert.deepEqual(idsOf(spool), [1_997, 1_999, 2_000]);
    assert.equal(spool.level().records, 4);
    await spool.close();
    assert.equal(integrity(path), 'ok');
  });

  // To copy them would stop the loop.
  it('but not while many stay in it', async () => {
    const path = join(tempFolder(), 'spool.db');
    await filled(path, 3_000, 10_000);
    const spool = await open(path);
    for (const { id, record } of spool.read(place, 0, Infinity).slice(0, 2_000)) spool.remove(id, record);
    await spool.close();
    assert.ok(statSync(path).size > 30_000_000);
  });

  it('and keeps what comes meanwhile', async (t) => {
    const path = join(tempFolder(), 'spool.db');
    const spool = await drained(t, path, 0);
    const started = threads(t);
    await passUntil(t, () => started() > 0);
    let id = 2_000;
    while (!isSmall(path)) {
      t.mock.timers.tick(1_000);
      await Promise.all([keep(spool, ++id, record('new')), keep(spool, ++id, record('new'))]);
    }
    assert.ok(id > 2_000);
    assert.equal(spool.level().records, id - 2_000);
    // As a power cut leaves it.
    const left = join(tempFolder(), 'spool.db');
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, left + suffix);
    const next = await open(left);
    assert.equal(next.level().records, id - 2_000);
    await next.close();
  });

  it('also where the spool is closed meanwhile', async (t) => {
    const path = join(tempFolder(), 'spool.db');
    const spool = await drained(t, path, 1);
    const started = threads(t);
    await passUntil(t, () => started() > 0);
    await spool.close();
    assert.ok(isSmall(path));
    assert.equal(integrity(path), 'ok');
    const next = await open(path);
    assert.deepEqual(idsOf(next), [2_000]);
    await next.close();
  });

  it('also where the spool is closed at once', async (t) => {
    const path = join(tempFolder(), 'spool.db');
    const spool = await drained(t, path, 0);
    const started = threads(t);
    await spool.close();
    assert.equal(started(), 1);
    assert.ok(isSmall(path));
  });

  it('once somebody who looks at it is gone', async (t) => {
    const path = join(tempFolder(), 'spool.db');
    await drained(t, path, 0);
    const reader = new DatabaseSync(path, { readOnly: true });
    reader.exec('BEGIN; SELECT count(*) FROM records');
    reader.prepare('SELECT count(*) FROM records').get();
    const started = threads(t);
    await passUntil(t, () => started() > 1);
    assert.ok(!isSmall(path));
    reader.close();
    await passUntil(t, () => isSmall(path));
  });

  it('at the start after a process that was killed before it could', async (t) => {
    const path = join(tempFolder(), 'spool.db');
    const spool = await drained(t, path, 0);
    const reader = new DatabaseSync(path, { readOnly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM records').get();
    const started = threads(t);
    await passUntil(t, () => started() > 1);
    const left = join(tempFolder(), 'spool.db');
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, left + suffix);
    reader.close();
    t.mock.timers.reset();
    const next = await open(left);
    assert.ok(isSmall(left));
    await next.close();
    await spool.close();
  });
});
