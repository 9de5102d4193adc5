import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Codec } from '../../../src/protocol/codecs.ts';
import { KafkaClient } from '../../../src/transport/client.ts';
import type { Connection, Transport } from '../../../src/transport/connection.ts';
import type { ProduceReport } from '../../../src/model/outcome.ts';
import { clientOptions } from '../../support/client-options.ts';
import { openConnection } from './open-connection.ts';

const record = { topic: 't', key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestamp: 0 };
const batches = [{ topic: 't', partition: 0, records: [record, record] }];

/** A client of one broker that leads everything, and what it tells of its requests. */
function rig(produce: Connection['produce'], codec: Codec = { number: 0 }) {
  const metadata: Connection['metadata'] = () =>
    Promise.resolve({
      brokers: [{ nodeId: 1, host: 'b1', port: 9092 }],
      code: 0,
      partitions: [{ partition: 0, leader: 1, replicas: 1, inSync: 1 }],
      clusterId: undefined,
      controller: 1,
    });
  const connection = openConnection({ metadata, produce, destroy: () => Promise.resolve() });
  const transport: Transport = { open: () => Promise.resolve(connection), close: () => Promise.resolve() };
  const reports: ProduceReport[] = [];
  const client = new KafkaClient(
    transport,
    { ...clientOptions, onProduced: (report) => reports.push(report) },
    codec,
  );
  return { client, transport, reports };
}

describe('KafkaClient tells', () => {
  it('of each request to whom it went, what came of it, how long it took and how large it was', async () => {
    const { client, reports } = rig(async () => {
      await sleep(20);
      return new Map([['t:0', { code: 19 }]]);
    });
    await client.metadata('t');
    const outcomes = await client.produce(batches);
    const [report, ...more] = reports;
    assert.ok(report);
    assert.equal(more.length, 0);
    const { startedAt, endedAt, ...rest } = report;
    assert.ok(endedAt - startedAt >= 19 && endedAt - startedAt < 5_000, String(endedAt - startedAt));
    // 61 bytes of header, 9 for each record.
    assert.deepEqual(rest, { broker: 'b1:9092', batches, outcomes, size: { plain: 79, sent: 79 } });
    assert.equal(outcomes[0]?.kind, 'retriable');
  });

  it('of a request that went unanswered, and of one for which there was no connection', async () => {
    const { client, transport, reports } = rig(() => Promise.reject(new Error('socket hang up')));
    await client.metadata('t');
    await client.produce(batches);
    transport.open = () => Promise.reject(new Error('connect ECONNREFUSED'));
    await client.produce(batches);
    assert.deepEqual(
      reports.map(({ outcomes, size }) => [outcomes[0]?.kind, size]),
      [
        ['unknown', { plain: 79, sent: 79 }],
        ['unreachable', undefined],
      ],
    );
  });

  it('nothing of what could not be encoded: no broker has seen it', async () => {
    const compress = (): Promise<Buffer> => Promise.reject(new Error('Cannot allocate memory'));
    const { client, reports } = rig(() => assert.fail('sent'), { number: 1, compress });
    await client.metadata('t');
    assert.equal(
      (
        await client.produce(batches.map(({ topic, partition, records }) => ({ topic, partition, records })))
      )[0]?.kind,
      'splittable',
    );
    assert.deepEqual(reports, []);
  });
});
