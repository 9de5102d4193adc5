import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryCluster } from '../../support/memory-cluster.ts';
import { outcomeOfCode } from '../../../src/transport/errors/broker-errors.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { noLeader, type PartitionBatch } from '../../../src/model/partition.ts';

function batchOf(partition: number, ...values: string[]): PartitionBatch {
  return {
    topic: 't',
    partition,
    records: values.map((value) => ({
      topic: 't',
      key: Buffer.of(),
      value: Buffer.from(value),
      headers: {},
      timestamp: 0,
    })),
  };
}

/** What tests of delivery script; what every client does is in test/contract. */
describe('memory cluster', () => {
  it('spreads leaders over its brokers', async () => {
    const cluster = createMemoryCluster({ topics: { t: 4 }, brokers: 3 });
    assert.deepEqual(await cluster.client().metadata('t'), { leaders: [1, 2, 3, 1] });
    cluster.moveLeader('t', 1, noLeader);
    assert.deepEqual(await cluster.client().metadata('t'), { leaders: [1, -1, 3, 1] });
    const [outcome] = await cluster.client().produce([batchOf(1, 'a')]);
    assert.equal(outcome?.kind, 'retriable');
  });

  it('fails the batches asked for, in the order asked for, and no others', async () => {
    const cluster = createMemoryCluster({ topics: { t: 2 } });
    const busy = {
      kind: 'retriable',
      error: new KafkaError('BROKER_BUSY', 'busy'),
      refresh: false,
      mayHaveBeenWritten: false,
    } as const;
    const unknown = { kind: 'unknown', error: new KafkaError('REQUEST_FAILED', 'silence') } as const;
    cluster.failNext({ outcome: busy, partition: 1, times: 2 });
    cluster.failNext({ outcome: unknown, topic: 't', stored: true });
    const client = cluster.client();
    assert.deepEqual(await client.produce([batchOf(0, 'a'), batchOf(1, 'b')]), [unknown, busy]);
    assert.deepEqual(await client.produce([batchOf(0, 'c'), batchOf(1, 'd')]), [{ kind: 'stored' }, busy]);
    assert.deepEqual(await client.produce([batchOf(1, 'e')]), [{ kind: 'stored' }]);
    const values = cluster
      .records('t')
      .map(({ partition, offset, value }) => `${partition}/${offset} ${value?.toString()}`);
    assert.deepEqual(values, ['0/0 a', '0/1 c', '1/0 e']);
  });

  it('is cut off and comes back', async () => {
    const cluster = createMemoryCluster({ topics: { t: 1 } });
    const client = cluster.client();
    cluster.cutOff();
    assert.equal((await client.produce([batchOf(0, 'a')]))[0]?.kind, 'unreachable');
    await assert.rejects(client.metadata('t'), { code: 'BROKER_UNREACHABLE' });
    cluster.restore();
    assert.deepEqual(await client.produce([batchOf(0, 'a')]), [{ kind: 'stored' }]);
  });

  it('holds a request for as long as the hook does', async () => {
    const gate = Promise.withResolvers<void>();
    const seen: string[] = [];
    const cluster = createMemoryCluster({
      topics: { t: 1 },
      onProduce(batches) {
        seen.push(...batches.map(({ topic, partition }) => `${topic} ${partition}`));
        return gate.promise;
      },
    });
    const producing = cluster.client().produce([batchOf(0, 'a')]);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([seen, cluster.records('t').length], [['t 0'], 0]);
    gate.resolve();
    assert.deepEqual(await producing, [{ kind: 'stored' }]);
  });

  it('refuses batches larger than the topic allows', async () => {
    const cluster = createMemoryCluster({ topics: { t: 1 }, maxBatchBytes: 3 });
    const outcomes = [
      ...(await cluster.client().produce([batchOf(0, 'ab', 'cd')])),
      ...(await cluster.client().produce([batchOf(0, 'abc')])),
    ];
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      [outcomeOfCode(10, 't').kind, 'stored'],
    );
  });

  it('takes its time', async () => {
    const cluster = createMemoryCluster({ topics: { t: 1 } });
    cluster.delay(30);
    const started = performance.now();
    await cluster.client().produce([batchOf(0, 'a')]);
    assert.ok(performance.now() - started >= 28);
  });
});
