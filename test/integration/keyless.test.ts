import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { follow } from '../../scripts/kafka/follow.ts';
import { deleteTopic, recordCounts } from '../../scripts/kafka/topics.ts';
import { createReader } from '../../src/transport/create.ts';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { clientOptions } from '../support/client-options.ts';
import { eventually } from '../support/eventually.ts';
import { realProducer } from '../support/real-producer.ts';

describe('records without a key, on a real broker', () => {
  it('lie within a tenth of even over six partitions, in batches as large as those of keys', async (t) => {
    const { brokers } = await sharedBroker();
    const { send, sent, close } = await realProducer(brokers);
    const value = 'x'.repeat(300);
    const spread = async (keyOf: (index: number) => string | null) => {
      const topic = await freshTopic('spread', { partitions: 6 });
      const before = sent.batches;
      let pushed = 0;
      const one = async (): Promise<void> => {
        while (pushed < 100_000) await send(topic, keyOf(pushed++), value);
      };
      await Promise.all(Array.from({ length: 300 }, one));
      const counts = await recordCounts(brokers, topic);
      await deleteTopic(brokers, topic);
      return { counts, batches: sent.batches - before };
    };
    const keyed = await spread((index) => `user-${index % 5_000}`);
    const keyless = await spread(() => null);
    await close();
    assert.equal(
      keyless.counts.reduce((sum, count) => sum + count, 0),
      100_000,
    );
    t.diagnostic(`${JSON.stringify({ keyless, keyed })}`);
    for (const count of keyless.counts)
      assert.ok(
        count >= 15_000 && count <= 18_333,
        `${keyless.counts.join()}: each within a tenth of 16,667`,
      );
    assert.ok(keyless.batches <= keyed.batches, `${keyless.batches} batches, ${keyed.batches} with keys`);
  });
});

describe('a tombstone in a compacted topic', () => {
  it("takes its key out of it: a fresh consumer, Kafka's own, sees the others only", async () => {
    const { brokers } = await sharedBroker();
    const { send, close } = await realProducer(brokers);
    const topic = await freshTopic('compacted', {
      config: {
        'cleanup.policy': 'compact',
        'segment.ms': '100',
        'min.cleanable.dirty.ratio': '0',
        'delete.retention.ms': '0',
      },
    });
    await send(topic, 'erased', 'a name');
    await send(topic, 'kept', 'another');
    await send(topic, 'erased', null);
    const { reader } = await createReader({ ...clientOptions, brokers, requestTimeout: 10_000 });
    await eventually(
      'the broker has compacted the topic',
      async () => {
        // A segment that is written to is not compacted: the next record begins another one.
        await send(topic, 'kept', 'another');
        const until = await reader.offsets(topic, 'end');
        const keys: string[] = [];
        for await (const { records } of reader.read(topic, await reader.offsets(topic, 'first'), { until }))
          keys.push(...records.map(({ key }) => String(key)));
        return !keys.includes('erased');
      },
      { timeoutMs: 120_000, everyMs: 300 },
    );
    await reader.close();
    await send(topic, 'last', 'of all');
    await close();
    const seen = new Set<string>();
    const reading = await follow(brokers, [topic], ({ key }) => seen.add(String(key)));
    await eventually('all of it is read', () => seen.has('last'), { timeoutMs: 30_000 });
    await reading.stop();
    assert.deepEqual([...seen], ['kept', 'last']);
  });
});
