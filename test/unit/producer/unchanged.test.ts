import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PartitionBatch } from '../../../src/model/partition.ts';
import { record, refused, setUp, watch } from './harness.ts';

const unsure = { kind: 'unknown', error: refused('REQUEST_FAILED'), unchanged: true } as const;

/** A producer over two partitions of one leader; notes the arrays of records that are sent for the one of key "sick". */
function twoPartitions(settings: Parameters<typeof setUp>[0] = {}) {
  const sent: PartitionBatch['records'][] = [];
  const rig = setUp(settings, {
    topics: { events: 2 },
    onProduce(batches) {
      for (const { partition, records } of batches) if (partition === sick.partition) sent.push(records);
    },
  });
  const push = (key: string, value: string) => rig.producer.send(record(value, { key }));
  const values = (): string[] =>
    rig.cluster
      .records('events')
      .filter(({ partition }) => partition === sick.partition)
      .map(({ value }) => String(value));
  return { ...rig, sent, push, values };
}

const four = (fate: string): string[] => [fate, fate, fate, fate];

/** By Java's murmur2, of two partitions. */
const sick = { key: 'b', partition: 0 };
const healthy = { key: 'd', partition: 1 };

// The client held its whole call until it knew: for two minutes, nothing went to that leader.
describe('records of unknown fate that must come again unchanged', () => {
  it('come again as they were, though one has expired and others were pushed; those come behind', async () => {
    const { clock, cluster, push, sent, values } = twoPartitions({
      deliveryTimeout: 2_000,
      linger: 500,
      // Two records.
      batchSize: 60,
    });
    cluster.failNext({ outcome: unsure, partition: sick.partition, times: 9 });
    const fates = watch([push(sick.key, '1')]);
    await clock.advance(400);
    const second = watch([push(sick.key, '2')]);
    await clock.advance(600);
    const younger = watch(['3', '4', '5'].map((value) => push(sick.key, value)));
    await clock.advance(1_050);
    assert.deepEqual([...fates, ...second, ...younger], ['DEADLINE_EXCEEDED', ...four('pending')]);
    await clock.advance(900);
    assert.deepEqual([...second, ...younger], four('stored'));
    assert.deepEqual(values(), ['1', '2', '3', '4', '5']);
    assert.deepEqual(
      sent.map((records) => [records.length, records === sent[0]]),
      [...Array<unknown>(10).fill([2, true]), [2, false], [1, false]],
    );
  });

  it('delay no other queue of their leader', async () => {
    const { clock, cluster, push, requests } = twoPartitions();
    cluster.failNext({ outcome: unsure, partition: sick.partition, times: 6 });
    const unhappy = watch([push(sick.key, 'x')]);
    const neighbour = watch([push(healthy.key, 'y')]);
    await clock.advance(5);
    assert.deepEqual([requests.length, ...neighbour, ...unhappy], [1, 'stored', 'pending']);
    for (let round = 0; round < 20; round++) {
      const next = watch([push(healthy.key, 'z')]);
      await clock.advance(5);
      assert.deepEqual(next, ['stored']);
    }
    assert.deepEqual(unhappy, ['pending']);
  });

  // The log told of records that might be stored twice, though none was sent a second time.
  it('are not told as doubled where their pushes have failed by then, and nobody sends them again', async () => {
    const { clock, cluster, push, notices, sent } = twoPartitions({
      idempotent: true,
      deliveryTimeout: 8_000,
    });
    const unknown = { kind: 'unknown', error: refused('REQUEST_FAILED') } as const;
    cluster.failNext({ outcome: unknown, partition: sick.partition, times: 9_999 });
    const fates = watch([push(sick.key, '1')]);
    await clock.advance(60_000);
    assert.deepEqual(fates, ['DEADLINE_EXCEEDED']);
    const tries = sent.length;
    await clock.advance(90_000);
    assert.ok(sent.length > tries, 'it was asked again');
    const after = sent.length;
    await clock.advance(60_000);
    assert.equal(sent.length, after, 'its doubt was over');
    assert.deepEqual(
      notices.filter(({ kind }) => kind === 'may-be-doubled'),
      [],
    );
  });

  it('say at their deadline that they may have been written, and use up no retries', async () => {
    const { clock, cluster, push } = twoPartitions({
      deliveryTimeout: 3_000,
      retry: { retries: 0, initialRetryTime: 100, maxRetryTime: 200 },
    });
    const error = refused('BROKER_BUSY');
    const outcome = {
      kind: 'retriable',
      error,
      refresh: true,
      mayHaveBeenWritten: true,
      unchanged: true,
    } as const;
    cluster.failNext({ outcome, partition: sick.partition, times: 99 });
    const fate = push(sick.key, '1').catch((failure: unknown) => failure);
    const fates = watch([fate.then(() => undefined)]);
    await clock.advance(2_900);
    assert.deepEqual(fates, ['pending']);
    await clock.advance(300);
    assert.match(String(await fate), /deliveryTimeout \(3000 ms\); the record may have been written\./);
  });

  it('come again though nobody waits for them any more, and soon enough for who comes then', async () => {
    const { clock, cluster, push, sent } = twoPartitions({ deliveryTimeout: 1_000 });
    cluster.failNext({ outcome: unsure, partition: sick.partition, times: 12 });
    const gone = watch([push(sick.key, '1')]);
    await clock.advance(20_000);
    assert.deepEqual(gone, ['DEADLINE_EXCEEDED']);
    assert.ok(sent.length > 12 && sent.every((records) => records === sent[0]), `${sent.length} times`);
    const next = watch([push(sick.key, '2')]);
    await clock.advance(5);
    assert.deepEqual(next, ['stored']);
  });

  it('are left behind like others when the producer closes, and leave no timer', async () => {
    const { clock, cluster, producer, push } = twoPartitions();
    cluster.failNext({ outcome: unsure, partition: sick.partition, times: 99 });
    const fates = watch([push(sick.key, '1')]);
    await clock.advance(100);
    const [left] = await Promise.all([producer.close(500), clock.advance(600)]);
    assert.equal(left, 1);
    assert.deepEqual(fates, ['DESTINATION_CLOSED']);
    await clock.advance(60_000);
    assert.equal(clock.pending, 0);
  });

  it('are asked about, for their leader may be another by now', async () => {
    const { clock, cluster, push, requests } = twoPartitions();
    cluster.failNext({ outcome: unsure, partition: sick.partition });
    const fates = watch([push(sick.key, '1'), push(healthy.key, '2')]);
    cluster.moveLeader('events', sick.partition, 2);
    await clock.advance(1_000);
    assert.deepEqual(fates, ['stored', 'stored']);
    assert.deepEqual(requests.at(-1), ['events-0 ×1']);
  });
});
