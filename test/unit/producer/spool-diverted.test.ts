import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { noLeader } from '../../../src/model/partition.ts';
import { partitionOf } from '../../../src/protocol/partitioner.ts';
import { errorOf, record, refused, setUp, watch } from './harness.ts';
import { start } from './spool-harness.ts';

/** Each request waits until the test answers it. */
function held() {
  const answers: (() => void)[] = [];
  const onProduce = () => new Promise<void>((resolve) => answers.push(resolve));
  return { onProduce, answer: () => answers.shift()?.() };
}

// Its copy was fetched from the disk before that had told, and was sent; the disk stayed silent, and at the deadline the push
// was told that the record was not written. Then the copy was stored, and the row was counted off, which was never counted.
describe('a record on its way to the disk that its queue fetches', () => {
  it('is said to be perhaps written while its request is out', async () => {
    const { onProduce, answer } = held();
    const { clock, producer, kinds, stored } = start(
      { bufferMemory: 100, diskLatency: 60_000 },
      { onProduce },
    );
    watch(['0', '1', '2'].map((value) => producer.send(record(value))));
    const fate = errorOf(producer.send(record('3')));
    await clock.advance(100);
    answer();
    await clock.advance(8_300);
    const { code, mayHaveBeenWritten, message } = await fate;
    assert.deepEqual([code, mayHaveBeenWritten], ['SPOOL_FAILED', true]);
    assert.match(message, /the record may have been written/);
    answer();
    await clock.advance(10);
    assert.deepEqual(stored(), ['0', '1', '2', '3']);
    // Once: its row left when its push was told, and is not counted off again.
    assert.deepEqual(
      kinds().filter((kind) => kind === 'spool-drained'),
      ['spool-drained'],
    );
  });

  it('is stored once, and its push told so, though the disk tells later', async () => {
    const { onProduce, answer } = held();
    const { clock, producer, kept, stored } = start({ bufferMemory: 100, diskLatency: 1_000 }, { onProduce });
    watch(['0', '1', '2'].map((value) => producer.send(record(value))));
    const fates = watch([producer.send(record('3'))]);
    await clock.advance(100);
    answer();
    await clock.advance(10);
    answer();
    await clock.advance(10);
    assert.deepEqual([fates, stored()], [['stored'], ['0', '1', '2', '3']]);
    await clock.advance(5_000);
    assert.deepEqual([kept(), producer.waiting], [[], { records: 0, bytes: 0 }]);
  });
});

// The log said "There is no room left in settings.kafka.bufferMemory", and there was.
describe('the word about records that go to the disk', () => {
  it('says that memory is full where it is, and tells it as such', async () => {
    const { clock, cluster, producer, notices } = start({ bufferMemory: 100 });
    cluster.cutOff();
    watch(['0', '1', '2', '3'].map((value) => producer.send(record(value))));
    await clock.advance(10);
    assert.deepEqual(
      notices.filter(({ kind }) => kind === 'spooling'),
      [{ kind: 'spooling', topic: 'events', why: 'no-room' }],
    );
    assert.deepEqual(
      notices.filter(({ kind }) => kind === 'buffer-full'),
      [{ kind: 'buffer-full', bufferMemory: 100, spooled: true }],
    );
  });

  it('says that they keep the order where that is the reason', async () => {
    const { clock, cluster, producer, notices } = start({ always: true, bufferMemory: 100, batchSize: 30 });
    watch([producer.send(record('0'))]);
    await clock.advance(10);
    cluster.cutOff();
    watch(['1', '2', '3'].map((value) => producer.send(record(value))));
    // Memory lets go of the youngest, which the disk has.
    await clock.advance(200);
    watch([producer.send(record('4'))]);
    await clock.advance(10);
    assert.deepEqual(
      notices.filter(({ kind }) => kind === 'spooling' || kind === 'buffer-full'),
      [{ kind: 'spooling', topic: 'events', why: 'order' }],
    );
  });
});

// The log said that records of the topic go to the spool, and never that this was over.
describe('a topic whose records have left the spool', () => {
  it('is told as such though the broker answered before the disk did', async () => {
    const { onProduce, answer } = held();
    const { clock, producer, kept, kinds } = start({ diskLatency: 500 }, { onProduce });
    const fates = watch([producer.send(record('late'))]);
    await clock.advance(7_200);
    assert.deepEqual([fates, kinds()], [['pending'], ['spooling']]);
    answer();
    await clock.advance(10);
    assert.deepEqual([fates, kept(), kinds()], [['stored'], [], ['spooling', 'spool-drained']]);
    await clock.advance(1_000);
    assert.deepEqual([kept(), kinds()], [[], ['spooling', 'spool-drained']]);
  });
});

// `buffer.usage` counted them in `bufferMemory` and again among those on their way to the disk.
describe('what waits', () => {
  it('counts a record once that is on its way to the disk', async () => {
    const { clock, cluster, producer, disk } = start();
    cluster.cutOff();
    watch([producer.send(record('0'))]);
    await clock.advance(8_000);
    await Promise.all([producer.close(10), clock.advance(600)]);
    disk.unreadable = new Error('EIO');
    const next = start({ disk, diskLatency: 1_000 });
    watch([next.producer.send(record('1'))]);
    await next.clock.advance(10);
    // One byte of key, one of value, 24 of Kafka's.
    assert.deepEqual(next.producer.waiting, { records: 1, bytes: 26 });
  });
});

// Its pushes were all told, so that nothing looked after it any more: it was sent with the next push, half an hour later.
describe('a batch in doubt whose partition lost its leader', () => {
  it('is sent again once there is a leader, though nobody waits for it', async () => {
    const { clock, cluster, producer, requests } = setUp({ deliveryTimeout: 1_000 });
    cluster.failNext({ outcome: { kind: 'unknown', error: refused('REQUEST_FAILED'), unchanged: true } });
    const fates = watch([producer.send(record('1'))]);
    cluster.moveLeader('events', 0, -1);
    await clock.advance(0);
    cluster.moveLeader('events', 0, 1);
    await clock.advance(1);
    cluster.moveLeader('events', 0, -1);
    await clock.advance(5_000);
    assert.deepEqual(fates, ['DEADLINE_EXCEEDED']);
    const before = requests.length;
    cluster.moveLeader('events', 0, 1);
    await clock.advance(3_000);
    assert.ok(requests.length > before, `${requests.length} requests`);
  });
});

// Written before the partitions were known, a record has a row without one. When the topic had more of them by then, another queue
// found that row, and sent the record a second time.
it('a record in the queue of a partition without a leader is not fetched into another one when the topic grows', async () => {
  const { clock, cluster, producer, stored, kept } = start(
    { bufferMemory: 400, batchSize: 30 },
    { topics: { other: 1 } },
  );
  const leaderless = (topic: string, partitions: number): void => {
    for (let partition = 0; partition < partitions; partition++)
      cluster.moveLeader(topic, partition, noLeader);
  };
  leaderless('other', 1);
  cluster.cutOff();
  // Partition 3 of four, and 7 of eight.
  const key = Array.from({ length: 99 }, (_, n) => `q${n}`).find(
    (name) => partitionOf(Buffer.from(name), 8) === 7,
  );
  const fates = watch(['r0', 'r1', 'r2'].map((value) => producer.send(record(value, { key: key ?? '' }))));
  await clock.advance(8_000);
  cluster.createTopic('events', 4);
  leaderless('events', 4);
  cluster.restore();
  await clock.advance(5_000);
  cluster.deleteTopic('events');
  cluster.createTopic('events', 8);
  leaderless('events', 4);
  await clock.advance(40_000);
  // Memory is crowded: it lets go of the younger ones.
  const crowd = Array.from({ length: 20 }, (_, n) => producer.send(record(`s${n}`, { topic: 'other' })));
  await clock.advance(20_000);
  for (let partition = 0; partition < 4; partition++) cluster.moveLeader('events', partition, 1);
  cluster.moveLeader('other', 0, 1);
  await clock.advance(60_000);
  await Promise.all(crowd);
  assert.deepEqual([fates, stored(), kept()], [['stored', 'stored', 'stored'], ['r0', 'r1', 'r2'], []]);
});
