import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import type { KafkaCluster } from '../../scripts/kafka/cluster.ts';
import { startKafka } from '../../scripts/kafka/launch.ts';
import { alterTopic, createTopic, describeTopic } from '../../scripts/kafka/topics.ts';
import { freshName } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { account, openFlow, startLoad, upTo } from '../support/load.ts';
import { readBack } from '../support/reader.ts';
import { realProducer } from '../support/real-producer.ts';

let kafka: KafkaCluster;

before(async () => {
  kafka = await startKafka({ nodes: 3 });
});

after(async () => {
  await kafka.stop();
});

describe('one of three brokers is frozen', () => {
  it('records without a key do not wait for it, but for those that were out to it', async (t) => {
    const [, , third] = kafka.nodes;
    assert.ok(third);
    const topic = freshName('keyless');
    const config = { 'min.insync.replicas': '1' };
    await createTopic(kafka.direct, topic, { partitions: 3, replicas: 1, config });
    const leaders = (await describeTopic(kafka.direct, topic))?.map(({ leader }) => leader);
    assert.deepEqual(leaders?.toSorted(), [1, 2, 3]);
    const { send, close } = await realProducer(kafka.direct);
    const waiting = new Set<number>();
    let pushed = 0;
    const push = async (records: number): Promise<void> => {
      for (const end = pushed + records; pushed < end;) {
        const mine = pushed++;
        waiting.add(mine);
        // A stretch is soon over: the partitions take turns.
        void send(topic, null, `${mine} `.padEnd(1_000, 'x')).then(() => waiting.delete(mine));
        if (pushed % 10 === 0) await pass(10);
      }
    };
    await push(1_000);
    await third.freeze();
    try {
      await push(2_000);
      await eventually('the last thousand are stored', () => [...waiting].every((mine) => mine < 2_000));
      t.diagnostic(`${waiting.size} of ${pushed} were out to the frozen broker`);
      assert.ok(waiting.size <= 150, `${waiting.size} wait`);
    } finally {
      await third.thaw();
    }
    await eventually('the others are stored', () => waiting.size === 0, { timeoutMs: 30_000 });
    await close();
    const stored = await readBack(kafka.direct, topic, { count: pushed });
    assert.equal(new Set(stored.map(({ value }) => Number.parseInt(String(value), 10))).size, pushed);
    assert.equal(stored.length, pushed);
  });
});

/**
 * The third node is down: a topic with a replica there has one in sync, and whether that is enough is up to its
 * min.insync.replicas. (On one node alone Kafka lowers that setting to the number of replicas.)
 */
describe('too few replicas in sync for five seconds: everything is delivered, in the order of its key', () => {
  /** Topics whose second replica is on the node that goes down: found by trying, for Kafka chooses. */
  const topics: Record<string, string> = {};

  const brokers = () => kafka.direct.slice(0, 2);

  before(async () => {
    const [, , third] = kafka.nodes;
    assert.ok(third);
    for (const client of ['platformatic', 'kafkajs']) {
      topics[client] = await eventually('a topic has a replica on node 3', async () => {
        const name = freshName('replicas');
        const config = { 'min.insync.replicas': '1' };
        await createTopic(kafka.direct, name, { partitions: 1, replicas: 2, config });
        const [partition] = (await describeTopic(kafka.direct, name)) ?? [];
        return partition?.replicas.includes(third.id) ? name : undefined;
      });
    }
    await third.stop();
    await eventually('one replica is in sync', async () => {
      const all = await Promise.all(Object.values(topics).map((name) => describeTopic(brokers(), name)));
      return all.flat().every((partition) => partition?.inSync.length === 1);
    });
  });

  for (const client of ['platformatic', 'kafkajs'] as const) {
    it(client, async (t) => {
      const topic = topics[client] ?? '';
      const flow = await openFlow({ kafka: { brokers: brokers(), topic, client, key: 'data.key' } });
      const load = await startLoad(flow, { perTick: 5, keys: 30 });
      await eventually('the stream flows', () => load.accepted > 100);

      // The setting can change between the append and the answer (…_AFTER_APPEND, or none as long as it lasts): that request
      // is stored twice.
      const out = load.pending + 50;
      await alterTopic(brokers(), topic, { 'min.insync.replicas': '2' });
      const refusal = await eventually('the broker asks to try again', () =>
        flow.log.find((line) => line.includes('trying again')),
      );
      await pass(5_000);
      assert.ok(load.pending > 1_000, `${load.pending} wait`);
      await alterTopic(brokers(), topic, { 'min.insync.replicas': '1' });
      const goal = load.begun + 200;
      await eventually('the stream flows again', () => load.accepted > goal);
      const failures = await load.stop();
      await flow.stop();

      assert.match(
        refusal,
        new RegExp(
          `^WARN Kafka topic "${topic}": trying again in \\d+ ms. (Topic "${topic}": the broker answered ` +
            "NOT_ENOUGH_REPLICAS(_AFTER_APPEND)? and asks to try again. If this lasts, check the cluster's health.|" +
            'The broker \\S+ did not answer a produce request .*: its records may be stored or not.)$',
        ),
      );
      assert.deepEqual(failures, new Map(), flow.log.join('\n'));
      const stored = await readBack(brokers(), topic, { count: load.begun });
      const { duplicates, ...rest } = account(stored, upTo(load.begun));
      assert.deepEqual(rest, { lost: [], disordered: [] });
      t.diagnostic(`${load.begun} events, ${duplicates} duplicates of at most ${out}`);
      assert.ok(duplicates <= out, `${duplicates} duplicates, ${out} were out`);
    });
  }
});
