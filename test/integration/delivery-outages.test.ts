import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import type { TestFlow } from '../support/flow.ts';
import { account, openFlow, startLoad, upTo, type Load } from '../support/load.ts';
import { proxiedKafka } from '../support/proxied-kafka.ts';
import { readBack } from '../support/reader.ts';

/** One broker behind a proxy: its network and its process are the tests'. */
const { proxy, kafka, topicOf } = await proxiedKafka();

/** 500 events a second over 30 keys: some 5 are on their way at any time. */
const rate = { perTick: 5, keys: 30 };

for (const client of ['platformatic', 'kafkajs'] as const) {
  describe(`outages with ${client}: everything is delivered, in the order of its key`, () => {
    let topic: string;
    let flow: TestFlow;
    let load: Load;

    /** A stream that has begun to flow, to a fresh topic of three partitions. */
    async function stream(kafkaSettings: object, timeout = 10_000): Promise<void> {
      topic = await topicOf('outage', { partitions: 3 });
      const settings = { brokers: [proxy.address], topic, client, key: 'data.key', ...kafkaSettings };
      flow = await openFlow({ kafka: settings }, { timeout });
      load = await startLoad(flow, rate);
      await flows(100);
    }

    /** Waits until so many more pushes of those begun from now on are answered. */
    async function flows(more: number): Promise<void> {
      const goal = load.begun + more;
      await eventually('the stream flows', () => load.accepted >= goal, { timeoutMs: 60_000 });
    }

    /** The most that one request can hold now: what waits, and a few bursts that come while it is being made. */
    const oneRequest = (): number => load.pending + 10 * rate.perTick;

    /** @param doubtful how many records may be stored twice: what was out in requests that nobody answered */
    async function allIsThere(t: TestContext, doubtful: number): Promise<number> {
      const failures = await load.stop();
      await flow.stop();
      assert.deepEqual(failures, new Map(), flow.log.join('\n'));
      const stored = await readBack(kafka.direct, topic, { count: load.begun });
      const { duplicates, ...rest } = account(stored, upTo(load.begun));
      assert.deepEqual(rest, { lost: [], disordered: [] });
      t.diagnostic(`${load.begun} events, ${duplicates} duplicates of at most ${doubtful}`);
      assert.ok(duplicates <= doubtful, `${duplicates} duplicates, ${doubtful} were out`);
      return duplicates;
    }

    it('an answer that never comes: the request is given up after requestTimeout and sent again', async (t) => {
      await stream({ requestTimeout: 1_500 });
      proxy.loseAnswers();
      const out = oneRequest();
      await eventually('the request is given up', () => load.pending > 0 && retries(flow) > 0);
      proxy.heal();
      await flows(200);
      const duplicates = await allIsThere(t, out);
      assert.ok(duplicates > 0, 'the request was stored: only its answer was lost');
    });

    it('connections reset under load, ten times: after the request arrived, and before it could', async (t) => {
      await stream({});
      let out = 0;
      for (let resets = 0; resets < 10; resets++) {
        if (resets % 2 === 0) {
          proxy.blackHole();
          const waiting = load.pending + 20;
          await eventually('a request is in the hole', () => load.pending >= waiting);
        }
        out += oneRequest();
        proxy.reset();
        proxy.heal();
        await flows(50);
      }
      await allIsThere(t, out);
    });

    it('no broker for five seconds, with the default settings: all within deliveryTimeout', async (t) => {
      await stream({});
      const out = oneRequest();
      proxy.refuse();
      proxy.reset();
      await pass(5_000);
      assert.ok(load.pending > 1_000, `${load.pending} wait`);
      await proxy.accept();
      await flows(200);
      await allIsThere(t, out);
    });

    it('the broker is killed and comes back after five seconds, with a deliveryTimeout of 40 s', async (t) => {
      await stream({ deliveryTimeout: 40_000, retry: { maxRetryTime: 2_000 } }, 60_000);
      const [node] = kafka.nodes;
      assert.ok(node);
      const out = oneRequest();
      await node.kill();
      await pass(5_000);
      await node.start();
      await flows(200);
      await allIsThere(t, out);
    });
  });
}

const retries = (flow: TestFlow): number => flow.log.filter((line) => line.includes('trying again')).length;
