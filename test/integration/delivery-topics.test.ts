import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  createTopic,
  deleteTopic,
  describeTopic,
  growTopic,
  recordCounts,
} from '../../scripts/kafka/topics.ts';
import { freshName, freshTopic, sharedBroker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { event, type TestFlow } from '../support/flow.ts';
import { account, failureOf, numbered, numberOf, openFlow, startLoad, upTo } from '../support/load.ts';
import { readBack } from '../support/reader.ts';

for (const client of ['platformatic', 'kafkajs'] as const) {
  describe(`topics that change, with ${client}`, () => {
    it('a missing topic beside a healthy one does not delay it', async () => {
      const { brokers } = await sharedBroker();
      const [topic, missing] = [await freshTopic('healthy'), freshName('missing')];
      const flow = await openFlow(
        { kafka: { brokers, topic, client, deliveryTimeout: 3_000 } },
        { mapping: { order: { complete: { settings: { topic: missing } } } } },
      );
      await flow.push(event());
      const alone = await latencies(flow);

      const order = event({ name: 'order complete', entity: 'order', action: 'complete' });
      const lost: Promise<string | undefined>[] = [];
      const knock = setInterval(() => lost.push(flow.push(order).then(failureOf)), 5);
      const beside = await latencies(flow);
      clearInterval(knock);
      const failures = await Promise.all(lost);
      await flow.stop();

      assert.ok(failures.length > 20, `${failures.length} orders`);
      for (const failure of failures) assert.match(String(failure), new RegExp(`"${missing}"`));
      // The first pause after "missing" is 300 ms: a healthy push that had to wait for it would show.
      const figures = `median ${alone.median} → ${beside.median} ms, 95 % ${alone.most} → ${beside.most} ms`;
      assert.ok(beside.median < 3 * alone.median + 30, figures);
      assert.ok(beside.most < 3 * alone.most + 100, figures);
      const stored = await readBack(brokers, topic, { count: 401 });
      assert.equal(stored.length, 401);
    });

    it('a topic deleted in mid-stream and made anew: no push fails, and what came after it is all there', async () => {
      const { brokers } = await sharedBroker();
      const topic = await freshTopic('reborn', { partitions: 3 });
      const flow = await openFlow(
        { kafka: { brokers, topic, client, key: 'data.key', deliveryTimeout: 20_000 } },
        { timeout: 30_000 },
      );
      const load = await startLoad(flow, { perTick: 3, keys: 12 });
      await eventually('the stream flows', () => load.accepted > 100);
      await deleteTopic(brokers, topic);
      await eventually('the topic is gone', async () => !(await describeTopic(brokers, topic)));
      await createTopic(brokers, topic, { partitions: 2 });
      const reborn = load.begun;
      await eventually('the stream flows again', () => load.accepted > reborn + 100, { timeoutMs: 25_000 });
      const failures = await load.stop();
      await flow.stop();

      assert.deepEqual(failures, new Map());
      const after = upTo(load.begun).slice(reborn);
      const stored = await readBack(brokers, topic, { count: after.length });
      assert.deepEqual(account(stored, after), { lost: [], duplicates: 0, disordered: [] });
      assert.deepEqual([...new Set(stored.map(({ partition }) => partition))], [0, 1]);
    });

    it('a topic grown from 3 to 6 partitions: the new ones are used once its metadata is 30 s old', async (t) => {
      const { brokers } = await sharedBroker();
      const topic = await freshTopic('grown', { partitions: 3 });
      const flow = await openFlow({ kafka: { brokers, topic, client, key: 'data.key' } });
      const keys = 60;
      const push = async (from: number, to: number) => {
        const results = await Promise.all(
          upTo(to)
            .slice(from)
            .map((n) => flow.push(numbered(n, keys))),
        );
        return results.map(failureOf).filter(Boolean);
      };
      assert.deepEqual(await push(0, 1), []);
      assert.deepEqual(await push(1, 600), []);
      await growTopic(brokers, topic, 6);
      assert.deepEqual(await push(600, 1_200), []);
      assert.equal((await recordCounts(brokers, topic)).slice(3).join(), '0,0,0', 'not looked for yet');

      // Nothing is under way, so the clock can jump: the metadata is old now, and the next push notices.
      const time = performance.now.bind(performance);
      t.mock.method(performance, 'now', () => time() + 31_000);
      let sent = 1_200;
      await eventually('all six partitions are used', async () => {
        assert.deepEqual(await push(sent, sent + keys), []);
        sent += keys;
        return (await recordCounts(brokers, topic)).every((count) => count > 0);
      });
      t.mock.restoreAll();
      await flow.stop();

      const stored = await readBack(brokers, topic, { count: sent });
      assert.equal(stored.length, sent);
      assert.deepEqual(account(stored, upTo(sent)), { lost: [], duplicates: 0, disordered: [] });
      const places = Map.groupBy(stored, ({ value }) => numberOf(value).key);
      for (const [key, records] of places) {
        const partitions = new Set(records.map(({ partition }) => partition));
        assert.ok(partitions.size <= 2, `${key} is in ${[...partitions].join()}: one before, one after`);
      }
    });
  });
}

/** Of 200 pushes one by one, in whole milliseconds; `most`: of 95 in 100. */
async function latencies(flow: TestFlow): Promise<{ median: number; most: number }> {
  const times: number[] = [];
  for (let count = 0; count < 200; count++) {
    const begin = performance.now();
    assert.equal(failureOf(await flow.push(event())), undefined);
    times.push(performance.now() - begin);
  }
  times.sort((one, other) => one - other);
  return { median: Math.ceil(times[100] ?? 0), most: Math.ceil(times[190] ?? 0) };
}
