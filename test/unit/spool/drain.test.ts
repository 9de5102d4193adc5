import assert from 'node:assert/strict';
import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { freePorts } from '../../../scripts/kafka/ports.ts';
import { createMemoryCluster, type MemoryCluster } from '../../support/memory-cluster.ts';
import { systemClock } from '../../../src/producer/ports.ts';
import { Producer } from '../../../src/producer/producer.ts';
import { partitionOf } from '../../../src/protocol/partitioner.ts';
import { configuredDestination, type Configured } from '../../../src/cli/flow/configured.ts';
import type { openProducer } from '../../../src/cli/delivery/open-producer.ts';
import { drainSpool, spoolStatus, type DrainRequest } from '../../../src/cli/delivery/drain-spool.ts';
import { openSpool } from '../../../src/spool/open.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { scriptedBroker } from '../../support/scripted-broker.ts';
import { flowFile } from '../../cli/support/run.ts';
import { tempFolder } from '../../support/temp.ts';

const folder = tempFolder();
const [nobody = 0] = await freePorts(1);

/** A destination, its cluster away unless told otherwise, and the path of its spool. */
async function destination(
  name: string,
  { kafka = {}, ...more }: { readonly kafka?: object; readonly deadLetter?: object } = {},
): Promise<{ configured: Configured; path: string }> {
  const path = join(folder, name);
  const settings = {
    kafka: { brokers: [`127.0.0.1:${nobody}`], topic: 'orders', ...kafka },
    spool: { path, maxBytes: 2_000_000_000 },
    ...more,
  };
  return {
    path,
    configured: await configuredDestination({
      path: flowFile(folder, { settings }),
      destination: undefined,
      environment: {},
      login: undefined,
      note: (line) => assert.fail(line),
    }),
  };
}

/** As a flow would have left them behind, but faster. */
async function fill(path: string, count: number, bytes: number, topics = 1): Promise<void> {
  await (await openSpool({ path, maxBytes: 1_000, lockTimeout: 0 }, () => undefined)).close();
  const database = new DatabaseSync(path);
  database.exec('PRAGMA synchronous = OFF; BEGIN');
  const name = database.prepare('INSERT INTO topics VALUES (?, ?)');
  for (let id = 1; id <= topics; id += 1) name.run(id, id === 1 ? 'orders' : `orders-${id}`);
  const insert = database.prepare('INSERT INTO records VALUES (?, ?, 0, NULL, 0, 0, ?, ?, ?)');
  const value = Buffer.alloc(bytes, 'x');
  for (let id = 1; id <= count; id += 1)
    insert.run(id, 1 + ((id - 1) % topics), Buffer.from(`key${id}`), '{}', value);
  database.exec('COMMIT');
  database.close();
}

/** As `openProducer`, but to a cluster in memory. */
function deliveringTo(cluster: MemoryCluster): typeof openProducer {
  return ({ retry, batchSize, bufferMemory }, settings, notify) => {
    const client = cluster.client();
    const producer = new Producer(
      {
        prepare: undefined,
        metadata: (topic) => client.metadata(topic),
        produce: (batches) => client.produce(batches),
        initProducerId: () => client.initProducerId(),
      },
      { retry, linger: 0, batchSize, bufferMemory, idempotent: false, ...settings, ...client.limits },
      { clock: systemClock, notify, random: Math.random, date: () => new Date() },
    );
    return Promise.resolve({ producer, close: () => client.close() });
  };
}

function request(changed: Partial<DrainRequest> = {}): { asked: DrainRequest; told: string[] } {
  const told: string[] = [];
  const tell = (message: string | Error): unknown => told.push(String(message));
  const logger = { error: tell, warn: tell, info: tell, debug: tell };
  const signal = AbortSignal.abort();
  return { asked: { signal, onProgress: () => undefined, logger, ...changed }, told };
}

describe('a spool that is drained', () => {
  /** To see what was left it counted the whole file five times a second, in the way of what it should deliver. */
  it('is not counted again and again', async () => {
    const { configured, path } = await destination('large.db');
    await fill(path, 300_000, 100);
    const stop = new AbortController();
    // Not the utilization of the loop: on a machine that does other things as well, that counts the time of those.
    let begun: { readonly at: number; readonly cpu: NodeJS.CpuUsage } | undefined;
    const shown: string[] = [];
    const { asked } = request({
      signal: stop.signal,
      onProgress: (done, all) => {
        shown.push(`${done} of ${all}`);
        // To open it takes as long as it takes.
        if (shown.length === 2) begun = { at: performance.now(), cpu: process.threadCpuUsage() };
        if (shown.length === 7) stop.abort();
      },
    });
    const drained = drainSpool(configured, asked);
    const stopped = new Promise<number>((resolve) => {
      stop.signal.addEventListener('abort', () => {
        assert.ok(begun);
        const { user, system } = process.threadCpuUsage(begun.cpu);
        resolve((user + system) / 1_000 / (performance.now() - begun.at));
      });
    });
    const share = await stopped;
    assert.ok(share < 0.2, `it takes ${Math.round(share * 100)} % of the time`);
    assert.deepEqual(await drained, { delivered: 0, deadLettered: 0, left: 300_000, refused: 0 });
    assert.equal(shown[0], '0 of 300000');
  });

  /** What the log had counted and not yet written was lost with the end: a thousand refusals read as one. */
  it('ends with the lines that its log still owes', async () => {
    const { configured, path } = await destination('topics.db');
    await fill(path, 110, 10, 110);
    const { asked, told } = request();
    await drainSpool(configured, asked);
    // A hundred topics have lines of their own, the others share theirs: four, and then one for all that are left.
    assert.equal(told.length, 105);
    assert.match(told.at(-1) ?? '', / \(the latest of 6 changes since the last line\)$/);
  });

  /** It was refused before anybody could save what is left: "malformed. It needs a local disk with room". */
  it('and is damaged gives what can be read of it', async () => {
    const { configured, path } = await destination('damaged.db');
    await fill(path, 500, 900);
    truncateSync(path, Math.floor(statSync(path).size / 2 / 4096) * 4096);
    await assert.rejects(spoolStatus(configured), (thrown: Error) => {
      assert.match(
        thrown.message,
        /damaged\.db" cannot be used: it is damaged, or no spool at all \(database disk image is malformed\): a flow that starts with it, or "walkeros-kafka spool drain", sets it aside and takes over what can be read\.$/,
      );
      return true;
    });
    const { asked, told } = request();
    const { left } = await drainSpool(configured, asked);
    assert.ok(left > 50 && left < 500, `${left} taken over`);
    assert.match(told.join('\n'), /damaged/);
    assert.equal((await spoolStatus(configured)).records, left);
  });

  /** A letter that went to the spool counted as stored and as waiting: "-3 delivered". */
  it('and stopped while the dead letters wait in turn counts them as left', async () => {
    const { configured, path } = await destination('letters.db', { deadLetter: { topic: 'dead' } });
    await fill(path, 3, 10);
    const stop = new AbortController();
    const cluster = createMemoryCluster({
      topics: { orders: 1, dead: 1 },
      onProduce: (batches) => {
        if (batches.some(({ topic }) => topic === 'dead')) stop.abort();
      },
    });
    const error = new KafkaError('RECORD_REJECTED', 'No.');
    cluster.failNext({ outcome: { kind: 'rejected', error }, topic: 'orders', times: 1 });
    cluster.failNext({ outcome: { kind: 'unreachable', error }, topic: 'dead', times: 1_000 });
    const { asked, told } = request({ signal: stop.signal });
    const drained = drainSpool(configured, asked, undefined, deliveringTo(cluster));
    assert.deepEqual(await drained, { delivered: 0, deadLettered: 0, left: 3, refused: 0 }, told.join('\n'));
  });

  // Letters that waited were taken off those that were stored: "2 delivered", of six that the broker had all refused.
  it('counts the dead letters that were stored, whatever waits beside them', async () => {
    const { configured, path } = await destination('some-letters.db', { deadLetter: { topic: 'dead' } });
    await fill(path, 6, 10);
    const stop = new AbortController();
    const cluster = createMemoryCluster({
      topics: { orders: 1, dead: 3 },
      onProduce: () => {
        if (cluster.records('dead').length > 0) stop.abort();
      },
    });
    const error = new KafkaError('RECORD_REJECTED', 'No.');
    cluster.failNext({ outcome: { kind: 'rejected', error }, topic: 'orders', times: 1 });
    const partition = partitionOf(Buffer.from('key1'), 3);
    cluster.failNext({ outcome: { kind: 'unreachable', error }, topic: 'dead', partition, times: 1_000 });
    const { asked, told } = request({ signal: stop.signal });
    const result = await drainSpool(configured, asked, undefined, deliveringTo(cluster));
    const letters = cluster.records('dead').length;
    assert.ok(letters > 0 && letters < 6, `${letters} letters`);
    const expected = { delivered: 0, deadLettered: letters, left: 6 - letters, refused: 0 };
    assert.deepEqual(result, expected, told.join('\n'));
  });

  it('and is empty, as after a crash at its very start, has nothing in it', async () => {
    const { configured, path } = await destination('empty.db');
    writeFileSync(path, '');
    assert.deepEqual(await spoolStatus(configured), {
      path,
      fileBytes: 0,
      records: 0,
      bytes: 0,
      refused: 0,
      oldest: undefined,
      topics: [],
    });
    const stop = new AbortController();
    const { asked } = request({ signal: stop.signal });
    assert.deepEqual(await drainSpool(configured, asked), {
      delivered: 0,
      deadLettered: 0,
      left: 0,
      refused: 0,
    });
  });

  it('is not made where there is none', async () => {
    const { configured } = await destination('none.db');
    const missing = { code: 'SPOOL_UNAVAILABLE', message: /there is no such file/ };
    await assert.rejects(spoolStatus(configured), missing);
    await assert.rejects(drainSpool(configured, request().asked), missing);
    await assert.rejects(spoolStatus(configured), missing);
  });
});

/** For a minute it said nothing, and then "nothing was delivered for 60 s". */
describe('a spool that cannot be drained', { concurrency: true }, () => {
  const unreachable =
    `Cannot reach Kafka at 127.0.0.1:${nobody}: connect ECONNREFUSED 127.0.0.1:${nobody}. ` +
    'Check settings.kafka.brokers and the network.';

  it('says at once, and once, why', async () => {
    const { configured, path } = await destination('away.db');
    await fill(path, 3, 10);
    const stop = new AbortController();
    let looks = 0;
    // The cluster is asked several times within these two seconds.
    const onProgress = () => (looks += 1) === 10 && stop.abort();
    const { asked, told } = request({ signal: stop.signal, onProgress });
    const { left } = await drainSpool(configured, asked);
    assert.equal(left, 3);
    assert.deepEqual(
      told.filter((line) => line.includes('Cannot reach Kafka')),
      [unreachable],
    );
  });

  it('ends with the reason and its code', async () => {
    const { configured, path } = await destination('down.db');
    await fill(path, 3, 10);
    const { asked } = request({ signal: new AbortController().signal });
    await assert.rejects(drainSpool(configured, asked, { away: 2_000, refused: 0 }), {
      code: 'BROKER_UNREACHABLE',
      message: `The spool ${path}: nothing was delivered for 2 s (BROKER_UNREACHABLE). ${unreachable}`,
    });
    assert.equal((await spoolStatus(configured)).records, 3);
  });

  it('ends sooner where the cluster refuses the settings', async (test) => {
    const broker = await scriptedBroker(undefined);
    test.after(() => broker.close());
    const sasl = { mechanism: 'plain', username: 'shop', password: 'pass' };
    const { configured, path } = await destination('refused.db', {
      kafka: { brokers: [broker.address], sasl },
    });
    await fill(path, 3, 10);
    const { asked, told } = request({ signal: new AbortController().signal });
    const refused =
      `Kafka at ${broker.address} takes no login on this port (ILLEGAL_SASL_STATE): take its SASL port in ` +
      'settings.kafka.brokers, or remove settings.kafka.sasl.';
    await assert.rejects(drainSpool(configured, asked, { away: 60_000, refused: 2_000 }), {
      code: 'AUTHENTICATION_FAILED',
      message: `The spool ${path}: nothing was delivered for 2 s (AUTHENTICATION_FAILED). ${refused}`,
    });
    assert.deepEqual(
      told.filter((line) => line.startsWith('Kafka at')),
      [refused],
    );
  });
});
