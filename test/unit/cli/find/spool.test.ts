import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { freePorts } from '../../../../scripts/kafka/ports.ts';
import type { KafkaRecord } from '../../../../src/model/record.ts';
import { flowFile, run, type RunOptions } from '../../../cli/support/run.ts';
import { upTo } from '../../../support/load.ts';
import { tempFolder } from '../../../support/temp.ts';
import { keep, open, record } from '../../spool/file-spool.ts';

const folder = tempFolder();
const [nobody = 0] = await freePorts(1);
const address = `127.0.0.1:${nobody}`;
const kafka = { brokers: [address], topic: 'events' };
const away = `Cannot reach Kafka at ${address}: connect ECONNREFUSED ${address}. Check settings.kafka.brokers and the network.`;
const isHit = (line: string): boolean => line.startsWith('in the spool');

interface Found {
  readonly spooled: { key: string | null; headers: unknown; format: string; value: unknown; at: string }[];
}

/** `find` of a flow whose brokers are away and whose spool holds these. */
async function finder(records: readonly KafkaRecord[], damage = '') {
  const path = join(tempFolder(), 'spool.db');
  const spool = await open(path);
  await Promise.all(records.map((one, index) => keep(spool, index + 1, one)));
  await spool.close();
  const database = new DatabaseSync(path);
  database.exec(damage);
  database.close();
  const flow = flowFile(folder, { settings: { kafka, spool: { path } } });
  return async (words: readonly string[], options: RunOptions = {}) => {
    const asked = ['find', ...words, '--flow', flow];
    const { lines } = await run(asked, options);
    const json = await run([...asked, '--json'], options);
    const { spooled } = JSON.parse(json.lines.join('')) as Found;
    return {
      lines: lines.map((line) => line.replaceAll(path, 'kafka.spool').replace(/since \S+Z/, 'since <time>')),
      spooled: spooled.map(({ key, headers, format, value, at }) => ({ key, headers, format, value, at })),
    };
  };
}

const id = 'a1f0c2a9d4b7e8f3';
const ofLetter = {
  'walkeros-dead-letter-topic': 'orders',
  'walkeros-dead-letter-code': 'MESSAGE_TOO_LARGE',
  'walkeros-dead-letter-timestamp': '0',
};

/**
 * It took their headers for plain JSON. Of a record without a key or a value none was read: an event of CloudEvents, whose id is
 * in a header, was "not seen", and a dead letter had no reason and no topic. An empty key and an empty text stood for the null.
 */
describe('find in a spool', () => {
  it('shows a record without a key, and a tombstone, as they are', async () => {
    const find = await finder([
      { ...record('{"n":1}'), key: null, headers: { ce_id: id } },
      { ...record(''), value: null, headers: { ce_id: id } },
      { ...record(''), key: null, value: null, headers: { ce_id: id } },
    ]);
    const { lines, spooled } = await find([id]);
    assert.deepEqual(lines.filter(isHit), [
      'in the spool  for "events"  since <time>  key (no key)  (header ce_id)  {"n":1}',
      'in the spool  for "events"  since <time>  key k  (header ce_id)  (tombstone)',
      'in the spool  for "events"  since <time>  key (no key)  (header ce_id)  (tombstone)',
    ]);
    const [headers, at] = [[['ce_id', id]], 'header ce_id'];
    assert.deepEqual(spooled, [
      { key: null, headers, format: 'json', value: { n: 1 }, at },
      { key: 'k', headers, format: 'tombstone', value: null, at },
      { key: null, headers, format: 'tombstone', value: null, at },
    ]);
  });

  it('tells why a record without a key was refused, and by which topic', async () => {
    const headers = { ...ofLetter, 'walkeros-dead-letter-attempts': '2' };
    const find = await finder([{ ...record(`{"id":"${id}"}`, 'dead'), key: null, headers }]);
    const { lines } = await find([id]);
    assert.equal(lines[2], '    refused by "orders" after 2 attempts: MESSAGE_TOO_LARGE: ');
  });

  it('shows headers of bytes as text or base64, and none of a damaged row', async () => {
    const headers = { __value_schema_id: Buffer.from([0, 0, 0, 0, 255]), text: Buffer.from('as text') };
    const find = await finder(
      [{ ...record(`{"id":"${id}"}`), headers }, record(`{"id":"${id}"}`)],
      "UPDATE records SET headers = '{!' WHERE id = 2",
    );
    assert.deepEqual(
      (await find([id])).spooled.map((one) => one.headers),
      [
        [
          ['__value_schema_id', 'AAAAAP8='],
          ['text', 'as text'],
        ],
        [],
      ],
    );
  });

  /** Only the first hundred records whose bytes held the id were looked at: 1795 in their timestamps hid the order 1795. */
  it('looks at every record whose bytes hold the id, and ends after those that are it', async () => {
    const others = upTo(250).map((n) => record(`{"timestamp":1795${n}}`));
    const order = record('{"order":1795}');
    const find = await finder([...others, order, ...others, order]);
    const { lines } = await find(['1795']);
    assert.deepEqual(lines.slice(0, 5), [
      'in the spool  for "events"  since <time>  key k  (order)  {"order":1795}',
      `    waits in kafka.spool for the cluster: ${away}`,
      'in the spool  for "events"  since <time>  key k  (order)  {"order":1795}',
      `    waits in kafka.spool for the cluster: ${away}`,
      'searched: kafka.spool, 502 records',
    ]);
    const limited = (await find(['1795', '--limit', '1'])).lines;
    assert.equal(limited.filter(isHit).length, 1);
    assert.ok(limited.includes('the first 1; there are more'));
    assert.equal((await find(['1795', '--key', 'k'])).spooled.length, 2);
    assert.equal((await find(['1795', '--key', 'other'])).spooled.length, 0);

    assert.deepEqual((await find(['1795'], { stop: AbortSignal.abort() })).lines, [
      'stopped: not seen so far',
      'searched: kafka.spool, 502 records, stopped before the end',
      'not searched: topic "events": stopped',
    ]);
  });

  /** Compressed bytes do not hold it. */
  it('looks into the compressed value of a dead letter', async () => {
    const value = zstdCompressSync(Buffer.from(JSON.stringify({ text: upTo(1_000).join(), id })));
    assert.ok(!value.includes(id));
    const headers = { ...ofLetter, 'walkeros-dead-letter-encoding': 'zstd' };
    const find = await finder([{ ...record('', 'dead'), value, headers }, record('{"id":"other"}')]);
    const found = (await find([id])).spooled;
    assert.deepEqual(
      found.map((one) => [(one.value as { id: string }).id, one.at]),
      [[id, 'id']],
    );
  });
});

/** The topics of a prefix were neither read nor told of: an event that was in one was "not seen", with exit code 3. */
describe('find of a flow whose events choose their topic', () => {
  const choice = (prefix: string) => ({ value: 'data.to', topics: ['events'], prefix });
  const settings = { kafka: { ...kafka, topic: choice('shop-') } };
  const mapping = {
    order: {
      complete: { settings: { topic: choice('orders-') } },
      cancel: { settings: { topic: choice('shop-') } },
    },
  };
  const flow = flowFile(folder, { settings, mapping });

  it('says which topics it could not search', async () => {
    const { code, lines } = await run(['find', id, '--flow', flow]);
    assert.deepEqual(
      [code, lines.at(1)],
      [
        1,
        'not searched: topics that begin with "shop-", topics that begin with "orders-": their names are not known: ' +
          'name them with --topic',
      ],
    );
    const { lines: named } = await run(['find', id, '--flow', flow, '--topic', 'orders-1']);
    assert.deepEqual(named.slice(1), [`not searched: topic "orders-1": ${away}`]);
  });
});
