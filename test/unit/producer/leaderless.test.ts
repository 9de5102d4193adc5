import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { KafkaError } from '../../../src/model/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { PartitionQueue } from '../../../src/producer/partition-queue.ts';
import { createProducerRecord, moveTo } from '../../../src/producer/producer-record.ts';
import { errorOf, keyOf, record, setUp, watch } from './harness.ts';

const [first, second] = [keyOf(0), keyOf(1)];

// The next question came up to 30 s later, and everything for the partition failed until then.
describe('a partition without a leader', () => {
  it('is asked about by the next push, though nothing waited when its leader was lost', async () => {
    const { clock, cluster, producer } = setUp({}, { topics: { events: 6 } });
    cluster.moveLeader('events', 0, -1);
    await Promise.all([producer.send(record('1', { key: second })), clock.advance(1_000)]);
    cluster.moveLeader('events', 0, 1);
    await clock.advance(2_000);
    const fates = watch([producer.send(record('2', { key: first }))]);
    await clock.advance(1_500);
    assert.deepEqual(fates, ['stored']);
  });

  it('is asked about again though one question fails', async () => {
    const { clock, cluster, producer } = setUp({}, { topics: { events: 6 } });
    cluster.moveLeader('events', 0, -1);
    const fates = watch([producer.send(record('1', { key: first }))]);
    await clock.advance(250);
    cluster.cutOff();
    await clock.advance(100);
    cluster.restore();
    cluster.moveLeader('events', 0, 1);
    await clock.advance(1_500);
    assert.deepEqual(fates, ['stored']);
  });

  it('is what a push is told at its deadline', async () => {
    const { clock, cluster, producer } = setUp({}, { topics: { events: 6 } });
    cluster.moveLeader('events', 0, -1);
    const failure = errorOf(producer.send(record('1', { key: first })));
    await clock.advance(8_200);
    const { code, message, cause } = await failure;
    assert.equal(code, 'DEADLINE_EXCEEDED');
    assert.match(
      message,
      /was not written\. Last failure: Kafka topic "events": partition 0 has no leader\./,
    );
    assert.ok(cause instanceof KafkaError && cause.kafkaCode === 'LEADER_NOT_AVAILABLE');
  });
});

// `bufferMemory` counted them no more, and they stayed for as long as the queue stood still: 80 MiB behind a limit of 1.
describe('a queue that stands still', () => {
  const limits = { batchSize: 1_000, maxRecordsPerBatch: 2 };
  const unused = { resolve: () => undefined, reject: () => undefined };
  const records = () => [1, 2, 3, 4].map((id) => createProducerRecord(id, record(`${id}`), 0, unused));

  it('lets go of what expired in it', () => {
    const queue = new PartitionQueue('events', 0, -1);
    const all = records();
    for (const each of all) queue.push(each);
    for (const each of all.slice(1)) moveTo(each, 'done');
    queue.dropDone();
    assert.deepEqual([queue.length, queue.bytes], [1, all[0]?.bytes]);
  });

  it('keeps the batch whose fate is open, whatever became of its pushes', () => {
    const queue = new PartitionQueue('events', 0, 1);
    const all = records();
    for (const each of all) queue.push(each);
    const batch = queue.take(limits);
    for (const each of all) moveTo(each, 'done');
    queue.dropDone();
    assert.equal(queue.length, 2);
    const error = new KafkaError('REQUEST_FAILED', 'silence');
    queue.giveBack({ kind: 'unknown', error, unchanged: true });
    queue.dropDone();
    assert.equal(queue.length, 2);
    assert.equal(queue.take(limits), batch);
    queue.giveBack({ kind: 'stored' });
    assert.deepEqual([queue.length, queue.bytes, queue.idle], [0, 0, true]);
  });

  it('holds no memory of pushes that were told', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const held = () => {
      collect();
      return process.memoryUsage().arrayBuffers;
    };
    const { clock, cluster, producer } = setUp({ deliveryTimeout: 500 });
    cluster.moveLeader('events', 0, -1);
    const before = held();
    const fates = watch(Array.from({ length: 20 }, () => producer.send(record('v'.repeat(2 ** 20)))));
    await clock.advance(700);
    assert.deepEqual([...new Set(fates)], ['DEADLINE_EXCEEDED']);
    // The memory behind buffers is given back a little after they are collected.
    await eventually('it is given back', () => held() - before < 4 * 2 ** 20);
  });
});
