import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { event, runFlow } from '../support/flow.ts';
import { javaPartitions } from '../support/java-partitions.ts';
import { readBack } from '../support/reader.ts';
import { codecsOnDisk } from '../support/segments.ts';

const clients = ['platformatic', 'kafkajs'] as const;
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

describe('compression: the codec lies on the disk, and Java reads it', () => {
  for (const client of clients) {
    for (const compression of codecs) {
      it(`${client}, ${compression}`, async (t) => {
        const { brokers, dataDirs } = await sharedBroker();
        if (dataDirs.length === 0) return t.skip('the data of a cluster elsewhere cannot be looked at');
        const topic = await freshTopic('codec');
        const flow = await runFlow({ kafka: { brokers, topic, client, compression } });
        const titles = Array.from({ length: 50 }, (_, index) => `Title ${index} `.repeat(20));
        const results = await Promise.all(titles.map((title) => flow.push(event({ data: { title } }))));
        await flow.stop();
        assert.ok(results.every(({ ok }) => ok));
        assert.deepEqual(await codecsOnDisk(dataDirs, topic), [compression]);
        const stored = await readBack(brokers, topic, { count: 50 });
        const read = stored.map(
          ({ value }) => (JSON.parse(String(value)) as { data: { title: string } }).data.title,
        );
        assert.deepEqual(read, titles);
      });
    }
  }

  it('gzip where nothing is said', async (t) => {
    const { brokers, dataDirs } = await sharedBroker();
    if (dataDirs.length === 0) return t.skip('the data of a cluster elsewhere cannot be looked at');
    const topic = await freshTopic('codec');
    const flow = await runFlow({ kafka: { brokers, topic } });
    await flow.push(event());
    await flow.stop();
    assert.deepEqual(await codecsOnDisk(dataDirs, topic), ['gzip']);
  });
});

describe("partition: the one that Java's own producer picks for the key", () => {
  const keys = Array.from({ length: 500 }, (_, index) =>
    ['user', 'größe', '日本', 'a'.repeat(index % 9)].join(`-${index}-`),
  );
  let java: Map<string, number>;

  before(async () => {
    const { brokers } = await sharedBroker();
    const partitions = await javaPartitions(brokers, keys, 7);
    java = new Map(keys.map((key, index) => [key, partitions[index] ?? -1]));
    assert.deepEqual([...new Set(java.values())].sort(), [0, 1, 2, 3, 4, 5, 6]);
  });

  for (const client of clients) {
    it(`${client}: 500 keys over 7 partitions`, async () => {
      const { brokers } = await sharedBroker();
      const topic = await freshTopic('partition', { partitions: 7 });
      const flow = await runFlow({ kafka: { brokers, topic, client, key: 'user.id' } });
      const results = await Promise.all(keys.map((id) => flow.push(event({ user: { id } }))));
      await flow.stop();
      assert.ok(
        results.every(({ ok }) => ok),
        flow.log.join('\n'),
      );
      const stored = await readBack(brokers, topic, { count: keys.length });
      const ours = new Map(stored.map(({ key, partition }) => [String(key), partition]));
      assert.deepEqual(ours, new Map(stored.map(({ key }) => [String(key), java.get(String(key))])));
      assert.equal(ours.size, keys.length);
    });
  }
});

describe('timestamps: to the millisecond, also of events that come a year late', () => {
  for (const client of clients) {
    it(client, async () => {
      const { brokers } = await sharedBroker();
      const topic = await freshTopic('late');
      const flow = await runFlow({ kafka: { brokers, topic, client } });
      const day = 86_400_000;
      const times = [0, 1, -1, 24, -24, 25, -25, 49, -49, 50, -50, 400, -400, 1_000, -10_000].map(
        (days) => 1_700_000_000_123 + days * day,
      );
      const results = await Promise.all(times.map((timestamp) => flow.push(event({ timestamp }))));
      await flow.stop();
      assert.ok(
        results.every(({ ok }) => ok),
        flow.log.join('\n'),
      );
      const stored = await readBack(brokers, topic, { count: times.length });
      assert.deepEqual(
        stored.map(({ timestamp }) => timestamp),
        times,
      );
    });
  }
});
