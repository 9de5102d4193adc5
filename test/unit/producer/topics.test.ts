import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Producer } from '../../../src/producer/producer.ts';
import type { ProducerClient } from '../../../src/producer/ports.ts';
import { defaults, errorOf, keyOf, record, refused, setUp, watch, noProducerId } from './harness.ts';

describe('topics', () => {
  it('a missing topic delays no other', async () => {
    const { clock, producer } = setUp();
    const fates = watch([producer.send(record('lost', { topic: 'missing' })), producer.send(record('fine'))]);
    await clock.advance(1);
    assert.deepEqual(fates, ['pending', 'stored']);
  });

  it('waits for a topic that is being created', async () => {
    const { clock, cluster, producer } = setUp();
    const fates = watch([producer.send(record('early', { topic: 'new' }))]);
    await clock.advance(400);
    cluster.createTopic('new', 3);
    await clock.advance(1_000);
    assert.deepEqual(fates, ['stored']);
  });

  it('refuses before the deadline, then at once while the topic stays missing, and asks again after a second', async () => {
    const { clock, cluster, producer, notices } = setUp();
    const first = errorOf(producer.send(record('a', { topic: 'missing' })));
    await clock.advance(8_000);
    assert.equal((await first).code, 'TOPIC_MISSING');
    const atOnce = [watch([producer.send(record('b', { topic: 'missing' }))])];
    await clock.advance(0);
    const asked = notices.filter(({ kind }) => kind === 'topic-missing').length;
    await clock.advance(900);
    atOnce.push(watch([producer.send(record('c', { topic: 'missing' }))]));
    await clock.advance(0);
    assert.deepEqual(atOnce, [['TOPIC_MISSING'], ['TOPIC_MISSING']]);
    assert.equal(notices.filter(({ kind }) => kind === 'topic-missing').length, asked);

    cluster.createTopic('missing', 1);
    await clock.advance(200);
    const again = watch([producer.send(record('d', { topic: 'missing' }))]);
    await clock.advance(1);
    assert.deepEqual(again, ['stored']);
  });

  it('rejects at once what no waiting will mend: a name that Kafka does not allow', async () => {
    const { clock, producer } = setUp();
    const error = errorOf(producer.send(record('a', { topic: 'not allowed' })));
    await clock.advance(1);
    assert.equal((await error).code, 'TOPIC_INVALID');
  });

  // The oldest made room for a blocked record, which went ahead of those that had been waiting longer.
  it('keeps the order of a key where a blocked record is admitted because another is rejected', async () => {
    // Room for two records, each of 24 bytes, a key of one and a value of 100.
    const { clock, cluster, producer } = setUp({ bufferMemory: 250 }, { topics: {} });
    const send = (name: string) => producer.send(record(name.padEnd(100, '.')));
    const pushes = [send('A')];
    await clock.advance(5_000);
    const fates = watch(pushes.concat(['B', 'C', 'D'].map(send)));
    await clock.advance(3_000);
    assert.deepEqual(fates, ['TOPIC_MISSING', 'pending', 'pending', 'pending']);
    cluster.createTopic('events', 1);
    await clock.advance(4_900);
    assert.deepEqual(
      cluster.records('events').map(({ value }) => String(value)[0]),
      ['B', 'C', 'D'],
    );
  });

  // A client refuses by the last answer about the topic without asking anew: it stayed so for 30 s.
  it('asks after a second whether a refusal still stands, before anything is sent under it', async () => {
    let allowed = true;
    let known = true;
    const { clock, cluster } = setUp();
    const client = cluster.client();
    const error = refused('NOT_AUTHORIZED');
    const broker: ProducerClient = {
      metadata: (topic) => {
        known = allowed;
        return known ? client.metadata(topic) : Promise.reject(error);
      },
      produce: (batches) =>
        known ? client.produce(batches) : Promise.resolve(batches.map(() => ({ kind: 'rejected', error }))),
      initProducerId: noProducerId,
    };
    const context = { clock, notify: () => undefined, random: () => 0.5, date: () => new Date(0) };
    const producer = new Producer(broker, defaults, context);
    await Promise.all([producer.send(record('a')), clock.advance(1)]);
    allowed = false;
    await clock.advance(30_000);
    const early = watch([producer.send(record('b'))]);
    await clock.advance(100);
    allowed = true;
    const during = watch([producer.send(record('c'))]);
    await clock.advance(1_000);
    const after = watch([producer.send(record('d')), producer.send(record('e'))]);
    await clock.advance(100);
    assert.deepEqual([early, during, after], [['stored'], ['NOT_AUTHORIZED'], ['stored', 'stored']]);
    assert.deepEqual(
      cluster.records('events').map(({ value }) => String(value)),
      ['a', 'b', 'd', 'e'],
    );
  });

  it('follows a partition to its new leader', async () => {
    const { clock, cluster, producer } = setUp({}, { brokers: 2 });
    await Promise.all([producer.send(record('a')), clock.advance(1)]);
    cluster.moveLeader('events', 0, -1);
    const fates = watch([producer.send(record('b'))]);
    await clock.advance(500);
    assert.deepEqual(fates, ['pending']);
    cluster.moveLeader('events', 0, 2);
    await clock.advance(2_000);
    assert.deepEqual(fates, ['stored']);
  });

  it('delivers everything to a topic deleted mid-stream and re-created with fewer partitions, in order', async () => {
    const { clock, cluster, producer } = setUp({}, { topics: { events: 6 } });
    const keys = Array.from({ length: 12 }, (_, index) => `key-${index}`);
    await Promise.all([...keys.map((key) => producer.send(record('0', { key }))), clock.advance(1)]);
    cluster.deleteTopic('events');
    const fates = watch(
      ['1', '2', '3'].flatMap((value) => keys.map((key) => producer.send(record(value, { key })))),
    );
    await clock.advance(1_000);
    cluster.createTopic('events', 2);
    await clock.advance(4_000);
    assert.deepEqual([...new Set(fates)], ['stored']);
    const stored = cluster.records('events');
    for (const key of keys) {
      const values = stored
        .filter((one) => one.key?.toString() === key)
        .map(({ value }) => value?.toString());
      assert.deepEqual(values, ['1', '2', '3'], key);
    }
  });

  // Its partitions had the leader that they had before, which ended no pause: pushes waited for ten to twenty seconds more.
  for (const missingFor of [1_000, 5_000, 10_000, 25_000])
    it(`serves a topic made anew after ${missingFor} ms within a second of its being there`, async () => {
      const { clock, cluster, producer } = setUp({ deliveryTimeout: 30_000 });
      await Promise.all([producer.send(record('0')), clock.advance(1)]);
      cluster.deleteTopic('events');
      const early = watch([producer.send(record('early'))]);
      await clock.advance(missingFor);
      const late = watch([producer.send(record('late'))]);
      await clock.advance(500);
      cluster.createTopic('events', 1);
      await clock.advance(1_200);
      const refusedByThen = missingFor >= 10_000;
      assert.deepEqual([...early, ...late], [refusedByThen ? 'TOPIC_MISSING' : 'stored', 'stored']);
    });

  it('serves a topic made anew within a second though its brokers were away in between', async () => {
    const { clock, cluster, producer } = setUp({ deliveryTimeout: 30_000 });
    await Promise.all([producer.send(record('0')), clock.advance(1)]);
    cluster.deleteTopic('events');
    const early = watch([producer.send(record('early'))]);
    await clock.advance(5_000);
    cluster.cutOff();
    await clock.advance(1_500);
    cluster.restore();
    cluster.createTopic('events', 1);
    await clock.advance(1_200);
    assert.deepEqual(early, ['stored']);
  });

  // The tries of a missing topic are few and far between: looking for it in between must not use them up.
  it('gives up on a missing topic no sooner for looking every second', async () => {
    const { clock, producer } = setUp({ deliveryTimeout: 30_000 });
    const fates = watch([producer.send(record('a', { topic: 'missing' }))]);
    await clock.advance(9_200);
    assert.deepEqual(fates, ['pending']);
    await clock.advance(200);
    assert.deepEqual(fates, ['TOPIC_MISSING']);
  });

  it('keeps the order of a key when its partition is gone while a batch of it is out', async () => {
    const gates: (() => void)[] = [];
    let gated = true;
    const hold = () => (gated ? new Promise<void>((resolve) => gates.push(resolve)) : undefined);
    const { clock, cluster, producer } = setUp({}, { topics: { events: 6 }, brokers: 3, onProduce: hold });
    const key = keyOf(5);
    const pushes = [producer.send(record('1', { key }))];
    await clock.advance(10);
    pushes.push(producer.send(record('2', { key })));
    await clock.advance(10);
    gated = false;
    cluster.deleteTopic('events');
    cluster.createTopic('events', 2);
    // Its refusal is what tells of the new metadata, while the others are still out.
    pushes.push(producer.send(record('other', { key: keyOf(3) })));
    await clock.advance(10);
    pushes.push(producer.send(record('3', { key })));
    await clock.advance(500);
    for (const open of gates) open();
    await clock.advance(3_000);
    await Promise.all(pushes);
    const values = cluster
      .records('events')
      .flatMap((one) => (one.key?.toString() === key ? [one.value] : []));
    assert.deepEqual(values.map(String), ['1', '2', '3']);
  });

  it('finds the new partitions of a topic that has grown', async () => {
    const { clock, cluster, producer } = setUp({}, { topics: { events: 1 } });
    await Promise.all([producer.send(record('a')), clock.advance(1)]);
    cluster.createTopic('events', 6);
    await clock.advance(31_000);
    const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`);
    const pushes = keys.map((key) => producer.send(record('b', { key })));
    await clock.advance(200);
    const later = keys.map((key) => producer.send(record('c', { key })));
    await clock.advance(200);
    await Promise.all([...pushes, ...later]);
    assert.ok(new Set(cluster.records('events').map(({ partition }) => partition)).size > 3);
  });
});
