import assert from 'node:assert/strict';
import { closeSync, copyFileSync, existsSync, openSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { configuredDestination } from '../../../src/cli/flow/configured.ts';
import { drainSpool } from '../../../src/cli/delivery/drain-spool.ts';
import { systemClock, type ProducerClient, type ProducerSettings } from '../../../src/producer/ports.ts';
import { Producer } from '../../../src/producer/producer.ts';
import { openSpool } from '../../../src/spool/open.ts';
import { readSpool } from '../../../src/spool/status.ts';
import { realDisk, type Disk } from '../../../src/spool/sqlite/files.ts';
import { createLog, logClock, type Logger } from '../../../src/telemetry/log.ts';
import { createMemoryCluster, type MemoryCluster } from '../../support/memory-cluster.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import type { Notice } from '../../../src/model/notice.ts';
import type { BatchSequence, PartitionBatch } from '../../../src/model/partition.ts';
import type { KafkaRecord } from '../../../src/model/record.ts';
import { flowFile } from '../../cli/support/run.ts';
import { eventually } from '../../support/eventually.ts';
import { tempFolder } from '../../support/temp.ts';
import { defaults, keyOf } from '../producer/harness.ts';
import { mayBeDoubled, restored } from '../producer/in-doubt-harness.ts';
import { keep } from './file-spool.ts';

const first: BatchSequence = { producerId: 900n, producerEpoch: 0, firstSequence: 40 };

const recordOf = (id: number, partition: number): KafkaRecord => ({
  topic: 'events',
  key: Buffer.from(keyOf(partition)),
  value: Buffer.from(`v${id}`),
  headers: {},
  timestamp: 1_700_000_000_000 + id,
});

interface Left {
  readonly ids: readonly number[];
  readonly partition: number;
  readonly sequence?: BatchSequence;
}

const two: readonly Left[] = [
  { ids: [1, 2], partition: 0 },
  { ids: [3, 4], partition: 1 },
];

/** A spool as a killed process leaves it: batches in doubt and nothing else. All of them are stored. */
async function left(batches = two) {
  const folder = tempFolder();
  const path = join(folder, 'spool.db');
  const sent: PartitionBatch[] = [];
  const cluster = createMemoryCluster({
    topics: { events: 6 },
    onProduce: (batches) => void sent.push(...batches),
  });
  const file = await openSpool({ path, maxBytes: 1_000_000_000, lockTimeout: 0 }, () => undefined);
  for (const { ids, partition, sequence = first } of batches) {
    const records = ids.map((id) => recordOf(id, partition));
    const at = { topic: 'events', partition, records };
    await Promise.all(
      ids.map(
        (id, index) =>
          new Promise<void>((resolve, reject) =>
            file.append(id, records[index] ?? recordOf(id, partition), partition, (error) =>
              error ? reject(error) : resolve(),
            ),
          ),
      ),
    );
    await new Promise<void>((resolve) =>
      file.noteInDoubt([{ ...at, ...sequence, ids, notedAt: new Date() }], resolve),
    );
    await cluster.client().produce([{ ...at, sequence }]);
  }
  await file.close();
  sent.length = 0;
  const stored = () => cluster.records('events').map(({ value }) => String(value));
  return { folder, path, cluster, sent, stored };
}

function changed(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

const rowsIn = (path: string): unknown => {
  const database = new DatabaseSync(path, { readOnly: true });
  const count = database.prepare('SELECT count(*) AS rows FROM in_doubt').get()?.rows;
  database.close();
  return count;
};

function logOf(lines: string[]): Logger {
  const write = (level: string) => (line: string) => void lines.push(`${level} ${line}`);
  return { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') };
}

/** A process on the file. */
async function start(
  t: TestContext,
  path: string,
  cluster: MemoryCluster,
  { disk = realDisk, produce }: { disk?: Disk; produce?: ProducerClient['produce'] } = {},
  settings: Partial<ProducerSettings> = {},
) {
  const log: string[] = [];
  const line = createLog(logOf(log), logClock);
  let doubled = 0;
  const notify = (notice: Notice): void => {
    line(notice);
    if (notice.kind === 'may-be-doubled') doubled += notice.records;
  };
  const file = await openSpool({ path, maxBytes: 1_000_000_000, lockTimeout: 0 }, notify, disk);
  const client = cluster.client();
  const producer = new Producer(
    {
      metadata: (topic) => client.metadata(topic),
      produce: produce ?? ((batches) => client.produce(batches)),
      initProducerId: () => client.initProducerId(),
    },
    { ...defaults, idempotent: true, ...settings, spool: { file, always: true } },
    { clock: systemClock, notify, random: () => 0.5, date: () => new Date() },
  );
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= producer.close(500).then(() => file.close()));
  t.after(close);
  return {
    producer,
    file,
    log,
    close,
    doubled: () => doubled,
    told: () => log.filter((text) => text.includes('in flight when') || text.includes('stored twice.')),
    drained: () => eventually('the spool is empty', () => file.level().records === 0),
  };
}

/** What may stand in the table, and the batches of which that is told. */
const nonsense: [what: string, sql: string, partition: number, records: number][] = [
  ['a partition below the first', 'UPDATE in_doubt SET partition = -3 WHERE partition = 0', -3, 2],
  ['a partition beyond the last', 'UPDATE in_doubt SET partition = 77 WHERE partition = 0', 77, 2],
  ['a partition beyond all', 'UPDATE in_doubt SET partition = 1 << 40 WHERE partition = 0', 2 ** 40, 2],
  ['a negative producer id', 'UPDATE in_doubt SET producer_id = -1 WHERE partition = 0', 0, 2],
  ['an epoch of 17 bits', 'UPDATE in_doubt SET producer_epoch = 32768 WHERE partition = 0', 0, 2],
  ['a negative sequence', 'UPDATE in_doubt SET first_sequence = -1 WHERE partition = 0', 0, 2],
  ['a sequence of 32 bits', 'UPDATE in_doubt SET first_sequence = 1 << 31 WHERE partition = 0', 0, 2],
  ['a time before all', 'UPDATE in_doubt SET noted_at = -1 WHERE partition = 0', 0, 2],
  ['a time that is none', 'UPDATE in_doubt SET noted_at = 1 << 62 WHERE partition = 0', 0, 2],
  ['no ids', "UPDATE in_doubt SET ids = '' WHERE partition = 0", 0, 1],
  ['a hole in the ids', "UPDATE in_doubt SET ids = '1,,2' WHERE partition = 0", 0, 3],
  ['an id below the first', "UPDATE in_doubt SET ids = '0' WHERE partition = 0", 0, 1],
  ['ids that are text', "UPDATE in_doubt SET ids = 'one' WHERE partition = 0", 0, 1],
  ['the same id twice', "UPDATE in_doubt SET ids = '1,1,-1' WHERE partition = 0", 0, 3],
  ['ids that nobody counts', "UPDATE in_doubt SET ids = '99999999999999999999' WHERE partition = 0", 0, 1],
  [
    'ids without records',
    `UPDATE in_doubt SET ids = '1${',1'.repeat(20_000)}' WHERE partition = 1`,
    1,
    20_001,
  ],
  ['ids in another order', "UPDATE in_doubt SET ids = '2,-1' WHERE partition = 0", 0, 2],
  ['another checksum', 'UPDATE in_doubt SET checksum = 1 WHERE partition = 0', 0, 2],
];

describe('a table of batches in doubt with nonsense in it', () => {
  for (const [what, sql, partition, records] of nonsense)
    it(`costs no record, and is told once: ${what}`, async (t) => {
      const { path, cluster, stored } = await left();
      changed(path, sql);
      const process = await start(t, path, cluster);
      await process.drained();
      await process.close();
      assert.deepEqual([...new Set(stored())].sort(), ['v1', 'v2', 'v3', 'v4']);
      const told = process.told().filter((line) => line.includes('stored twice. '));
      assert.deepEqual(told, [mayBeDoubled(partition, records)]);
      assert.equal(process.doubled(), records);
      assert.equal(rowsIn(path), 0);
      const again = await start(t, path, cluster);
      assert.deepEqual(again.told(), []);
    });

  it('costs no record where it names a topic that there is not', async (t) => {
    const { path, cluster, stored } = await left();
    changed(path, "UPDATE in_doubt SET topic = 'ev' WHERE partition = 0");
    const process = await start(t, path, cluster);
    await process.drained();
    assert.deepEqual(stored(), ['v1', 'v2', 'v1', 'v2', 'v3', 'v4']);
    assert.deepEqual(process.told(), [mayBeDoubled(0, 2, 'ev'), restored(1, 2)]);
  });
});

describe('a damaged spool with batches in doubt', () => {
  it('sends all records, and says that it was damaged, where the table is lost', async (t) => {
    const { path, cluster, stored } = await left();
    const database = new DatabaseSync(path);
    const page = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'in_doubt'").get();
    database.close();
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(4_096, 0xff), 0, 4_096, (Number(page?.rootpage) - 1) * 4_096);
    closeSync(file);
    const process = await start(t, path, cluster);
    await process.drained();
    assert.deepEqual([...new Set(stored())].sort(), ['v1', 'v2', 'v3', 'v4']);
    assert.match(process.log.join('\n'), /^error The spool ".*" was damaged and is now ".*4 records/m);
  });

  it('sends the batches that are whole as they were, and says of the others that they may be doubled', async (t) => {
    const many = Array.from({ length: 400 }, (_, index) => index + 1);
    const { path, cluster, stored } = await left([
      { ids: many.slice(0, 50), partition: 0 },
      { ids: many.slice(300), partition: 1 },
    ]);
    // Rows in between that are not in doubt, and make the file long.
    const file = await openSpool({ path, maxBytes: 1_000_000_000, lockTimeout: 0 }, () => undefined);
    for (const id of many.slice(50, 300))
      await keep(file, id, { ...recordOf(id, 2), value: Buffer.from(`v${id}`.padEnd(2_000)) });
    await file.close();
    changed(path, 'VACUUM');
    truncateSync(path, Math.floor((statSync(path).size * 3) / 4 / 4_096) * 4_096);
    const process = await start(t, path, cluster);
    await process.drained();
    const values = stored().map((value) => value.trim());
    assert.equal(values.filter((value) => value === 'v1').length, 1, 'whole');
    assert.ok(values.includes('v51'));
    assert.deepEqual(process.told(), [mayBeDoubled(1, 100), restored(0, 50)]);
  });
});

describe('the limits of a sequence', () => {
  it('a batch across the last sequence, an id of 62 bits and the last epoch are sent as they were', async (t) => {
    const sequence = { producerId: 2n ** 62n + 1n, producerEpoch: 32_767, firstSequence: 2 ** 31 - 2 };
    const { path, cluster, stored, sent } = await left([{ ids: [5, 9, 7], partition: 3, sequence }]);
    const process = await start(t, path, cluster);
    await process.drained();
    assert.deepEqual(
      sent.map(({ records }) => records.map(({ value }) => String(value))),
      [['v5', 'v9', 'v7']],
    );
    assert.deepEqual(stored(), ['v5', 'v9', 'v7']);
    assert.deepEqual(process.told(), [restored(3, 3)]);
    assert.equal(process.doubled(), 0);
  });
});

describe('the file of a process that was killed', () => {
  it('has the batch that is out, whatever the disk has: the next process stores it once', async (t) => {
    const folder = tempFolder();
    const path = join(folder, 'spool.db');
    const cluster = createMemoryCluster({ topics: { events: 6 } });
    // The broker stores all, and nothing of its answers arrives.
    const produce = (batches: readonly PartitionBatch[]) =>
      cluster
        .client()
        .produce(batches.map((batch) => ({ ...batch, sequence: batch.sequence })))
        .then(() => new Promise<never>(() => undefined));
    const process = await start(t, path, cluster, { produce });
    const pushes = [1, 2, 3].map((id) => process.producer.send(recordOf(id, 0)));
    await Promise.all(pushes);
    await eventually('it is out', () => cluster.records('events').length > 0);
    const late = process.producer.send(recordOf(4, 0));
    await late;
    // As the kernel has it, which outlives the process.
    const copy = join(folder, 'copy.db');
    for (const suffix of ['', '-wal'])
      if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
    const next = await start(t, copy, cluster);
    await next.drained();
    assert.deepEqual(
      cluster.records('events').map(({ value }) => String(value)),
      ['v1', 'v2', 'v3', 'v4'],
    );
    assert.equal(next.doubled(), 0);
    assert.equal(next.told().length, 1);
  });

  /** Of a batch of 900 records, 500 left the file in one turn: a kill after it sent the rest once more, as new ones. */
  it('has all of a batch that was stored, with its note, or nothing of it', async () => {
    const folder = tempFolder();
    const path = join(folder, 'spool.db');
    const file = await openSpool({ path, maxBytes: 1_000_000_000, lockTimeout: 0 }, () => undefined);
    const idsOf = (partition: number) =>
      Array.from({ length: 900 }, (_, index) => partition * 900 + index + 1);
    const batches = [0, 1].map((partition) => ({ partition, ids: idsOf(partition) }));
    for (const { partition, ids } of batches) {
      const records = ids.map((id) => recordOf(id, partition));
      await Promise.all(records.map((record, index) => keep(file, ids[index] ?? 0, record)));
      await new Promise<void>((noted) =>
        file.noteInDoubt(
          [{ topic: 'events', partition, ...first, notedAt: new Date(), ids, records }],
          noted,
        ),
      );
    }
    for (const { partition, ids } of batches) {
      for (const id of ids) file.remove(id, recordOf(id, partition));
      file.forgetInDoubt({ topic: 'events', partition });
    }
    const seen = new Set<string>();
    for (let left = 1; left > 0;) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const database = new DatabaseSync(path, { readOnly: true });
      const rows = batches.map(({ ids }) =>
        Number(
          database
            .prepare('SELECT count(*) AS count FROM records WHERE id BETWEEN ? AND ?')
            .get(ids[0] ?? 0, ids.at(-1) ?? 0)?.count,
        ),
      );
      const notes = database.prepare('SELECT partition FROM in_doubt ORDER BY partition').all();
      database.close();
      left = rows.reduce((sum, count) => sum + count, 0);
      seen.add(JSON.stringify([rows, notes.map(({ partition }) => partition)]));
    }
    await file.close();
    assert.deepEqual(
      [...seen].filter((state) => !['[[900,900],[0,1]]', '[[0,900],[1]]', '[[0,0],[]]'].includes(state)),
      [],
    );
  });

  // An older version delivers what is there, and gives its ids again.
  it('run by a version that knows nothing of batches in doubt, and by this one again, loses nothing', async (t) => {
    const { path, cluster, stored } = await left();
    changed(path, 'DELETE FROM records');
    const database = new DatabaseSync(path);
    const insert = database.prepare("INSERT INTO records VALUES (?, 1, ?, NULL, 0, ?, ?, '{}', ?)");
    for (const [id, partition] of [
      [1, 1],
      [2, 0],
      [3, 1],
      [4, 5],
    ] as const)
      insert.run(id, partition, id, Buffer.from(keyOf(partition)), Buffer.from(`new ${id}`));
    database.close();
    const process = await start(t, path, cluster);
    await process.drained();
    assert.deepEqual(stored().sort(), ['new 1', 'new 2', 'new 3', 'new 4', 'v1', 'v2', 'v3', 'v4']);
    assert.deepEqual(process.told(), [mayBeDoubled(0, 2), mayBeDoubled(1, 2)]);
    assert.equal(process.doubled(), 4);
  });

  it('and whose records an older version has all delivered, takes new ones with their ids', async (t) => {
    const { path, cluster, stored } = await left();
    changed(path, 'DELETE FROM records');
    const process = await start(t, path, cluster, {}, { bufferMemory: 100 });
    await Promise.all([5, 6, 7, 8, 9].map((id) => process.producer.send(recordOf(id, 0))));
    await process.drained();
    assert.deepEqual(stored().slice(0, 7), ['v1', 'v2', 'v5', 'v6', 'v7', 'v8', 'v9']);
    assert.deepEqual(process.told(), [mayBeDoubled(0, 2), mayBeDoubled(1, 2)]);
  });
});

describe('`spool drain` and a flow, one after the other on the same file', () => {
  const unanswered = { kind: 'unknown', error: new KafkaError('REQUEST_FAILED', 'No answer.') } as const;

  async function drain(
    folder: string,
    path: string,
    cluster: MemoryCluster,
    signal: AbortSignal,
    log: string[] = [],
  ) {
    const settings = {
      kafka: { brokers: ['127.0.0.1:1'], topic: 'events', idempotent: true },
      spool: { path },
    };
    const configured = await configuredDestination({
      path: flowFile(folder, { settings }),
      destination: undefined,
      environment: {},
      login: undefined,
      note: (line) => assert.fail(line),
    });
    return drainSpool(
      configured,
      { signal, onProgress: () => undefined, logger: logOf(log) },
      undefined,
      (options, more, notify) => {
        const client = cluster.client();
        const producer = new Producer(
          {
            metadata: (topic) => client.metadata(topic),
            produce: (batches) => client.produce(batches),
            initProducerId: () => client.initProducerId(),
          },
          { ...defaults, ...more, idempotent: options.idempotent },
          { clock: systemClock, notify, random: Math.random, date: () => new Date() },
        );
        return Promise.resolve({ producer, close: () => client.close() });
      },
    );
  }

  it('the drain sends what the flow left in doubt as it was', async () => {
    const { folder, path, cluster, stored } = await left();
    const log: string[] = [];
    const result = await drain(folder, path, cluster, new AbortController().signal, log);
    assert.equal(result.delivered, 4);
    assert.deepEqual(stored(), ['v1', 'v2', 'v3', 'v4']);
    assert.ok(log.includes(restored(0, 2)) && log.includes(restored(1, 2)), log.join('\n'));
  });

  it('the flow sends what a drain that was stopped left in doubt as it was', async (t) => {
    const { folder, path, cluster, stored } = await left();
    changed(path, 'DELETE FROM in_doubt');
    cluster.deleteTopic('events');
    cluster.createTopic('events', 6);
    cluster.failNext({ outcome: unanswered, stored: true, times: 1_000 });
    const stop = new AbortController();
    const drained = drain(folder, path, cluster, stop.signal);
    await eventually('all of it was sent', () => stored().length === 4);
    stop.abort();
    assert.equal((await drained).left, 4);
    assert.equal((await readSpool(path)).records, 4);
    // The script of answers is used up by a broker without sequences.
    const process = await start(t, path, cluster, { produce: answering(cluster) });
    await process.drained();
    assert.deepEqual(stored(), ['v1', 'v2', 'v3', 'v4']);
    assert.deepEqual(process.told().sort(), [restored(0, 2), restored(1, 2)]);
  });

  /** Sends again until the script of the cluster is used up. */
  function answering(cluster: MemoryCluster): ProducerClient['produce'] {
    const client = cluster.client();
    return async (batches) => {
      let outcomes = await client.produce(batches);
      for (let turn = 0; turn < 1_000 && outcomes.some(({ kind }) => kind === 'unknown'); turn++)
        outcomes = await client.produce(batches);
      return outcomes;
    };
  }
});

describe('a disk that hangs while a batch is noted', () => {
  it('holds it up for a second, and the next not at all', async (t) => {
    const path = join(tempFolder(), 'spool.db');
    const cluster = createMemoryCluster({ topics: { events: 6 } });
    let hangs = false;
    let release = (): void => undefined;
    const disk: Disk = {
      sync: async (file) => {
        if (hangs) await new Promise<void>((resolve) => (release = resolve));
        return realDisk.sync(file);
      },
    };
    const process = await start(t, path, cluster, { disk });
    await process.producer.send(recordOf(1, 0));
    hangs = true;
    const begin = performance.now();
    await process.producer.send(recordOf(2, 0));
    const slow = performance.now() - begin;
    await process.producer.send(recordOf(3, 0));
    const fast = performance.now() - begin - slow;
    hangs = false;
    release();
    await process.drained();
    assert.ok(slow > 900 && slow < 2_000, `${slow} ms`);
    assert.ok(fast < 500, `${fast} ms`);
  });
});
