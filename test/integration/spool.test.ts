import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import { readSpool } from '../../src/spool/status.ts';
import type { Settings } from '../../src/types.ts';
import { eventually } from '../support/eventually.ts';
import { runFlow, type TestFlow } from '../support/flow.ts';
import { account, failureOf, numbered, startLoad, upTo } from '../support/load.ts';
import { proxiedKafka } from '../support/proxied-kafka.ts';
import { readBack } from '../support/reader.ts';
import { tempFolder } from '../support/temp.ts';
import { killedRounds } from './killed-rounds.ts';

/** One broker that is away when a test says so. */
const { proxy, kafka, topicOf } = await proxiedKafka();

function recover(): void {
  proxy.reset();
  proxy.heal();
}

/** An eighth of it is the disk's, and one that was shared with two clusters took longer than 250 ms. */
const deliveryTimeout = 8_000;

async function open(t: TestContext, settings: Settings): Promise<TestFlow> {
  const flow = await runFlow(settings);
  t.after(() => flow.stop());
  return flow;
}

async function drained(path: string): Promise<void> {
  await eventually('the spool is empty', async () => (await readSpool(path)).records === 0, {
    timeoutMs: 60_000,
  });
}

function cutOff(): void {
  proxy.refuse();
  proxy.reset();
}

for (const client of ['platformatic', 'kafkajs'] as const) {
  describe(`spool with ${client}`, () => {
    const settings = (topic: string, path: string, more: object = {}): Settings => ({
      kafka: { brokers: [proxy.address], topic, client, key: 'data.key', deliveryTimeout, ...more },
      spool: { path },
    });

    it('an outage longer than the deadline: every push succeeds in time, and all is stored afterwards, in order', async (t) => {
      const topic = await topicOf('spooled', { partitions: 3 });
      const path = join(tempFolder(), 'spool.db');
      const flow = await open(t, settings(topic, path, { bufferMemory: 1_000_000 }));
      const slowest = watchPushes(flow);
      const load = await startLoad(flow, { perTick: 5, keys: 30 });
      await eventually('the stream flows', () => load.accepted > 200);
      cutOff();
      const kept = async (): Promise<boolean> => (await readSpool(path)).records > 1_000;
      await eventually('more than a thousand are on the disk', kept, { timeoutMs: 30_000, everyMs: 500 });
      await proxy.accept();
      const goal = load.begun + 500;
      await eventually('the stream flows again', () => load.accepted > goal, { timeoutMs: 60_000 });
      assert.deepEqual(await load.stop(), new Map(), flow.log.join('\n'));
      await drained(path);
      await flow.stop();
      const stored = await readBack(kafka.direct, topic, { count: load.begun });
      const { duplicates, ...rest } = account(stored, upTo(load.begun));
      t.diagnostic(
        `${load.begun} events, ${duplicates} duplicates, slowest push ${Math.round(slowest())} ms`,
      );
      assert.deepEqual(rest, { lost: [], disordered: [] });
      assert.ok(slowest() < deliveryTimeout + 1_000, `${slowest()} ms`);
      const [first] = flow.log.filter((line) => line.includes('records go to the spool from here on'));
      assert.match(
        first ?? '',
        new RegExp(`^WARN Kafka topic "${topic}": records go to the spool from here on`),
      );
      assert.ok(flow.log.includes(`INFO Kafka topic "${topic}": everything in the spool was delivered.`));
    });

    it('shut down in an outage, started again in it, and brokers back: nothing is lost, the oldest go first', async (t) => {
      const topic = await topicOf('restart', { partitions: 3 });
      const path = join(tempFolder(), 'spool.db');
      const first = await open(t, settings(topic, path));
      assert.equal(failureOf(await first.push(numbered(0, 30))), undefined);
      cutOff();
      const early = upTo(500)
        .slice(1)
        .map((n) => first.push(numbered(n, 30)));
      const begin = performance.now();
      await first.stop();
      assert.ok(performance.now() - begin < 5_000);
      assert.deepEqual((await Promise.all(early)).map(failureOf).filter(Boolean), []);
      assert.equal((await readSpool(path)).records, 499);

      // A start without any broker: events are taken, and queue behind what is there.
      const second = await open(t, settings(topic, path));
      const late = upTo(1_000)
        .slice(500)
        .map((n) => second.push(numbered(n, 30)));
      assert.deepEqual((await Promise.all(late)).map(failureOf).filter(Boolean), []);
      assert.equal((await readSpool(path)).records, 999);
      await proxy.accept();
      await drained(path);
      await second.stop();
      const stored = await readBack(kafka.direct, topic, { count: 1_000 });
      assert.deepEqual(account(stored, upTo(1_000)), { lost: [], duplicates: 0, disordered: [] });
      assert.ok(
        second.log.includes(
          `INFO The spool holds 499 records for Kafka topic "${topic}" from an earlier run, to be sent first.`,
        ),
      );
    });
  });
}

describe('spool, mode always', () => {
  it('killed -9 three times under load: whatever was acknowledged is in Kafka after the restart', async (t) => {
    const topic = await topicOf('killed', { partitions: 3 });
    const folder = tempFolder();
    const path = join(folder, 'spool.db');
    const settings: Settings = {
      kafka: { brokers: [proxy.address], topic, key: 'data.key' },
      spool: { path, mode: 'always' },
    };
    const strike = async (round: number): Promise<void> => {
      if (round === 1) proxy.blackHole();
      await pass(500 + 300 * Math.random());
    };
    const lines = await killedRounds(t, settings, 3, strike, recover);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('-')),
      [],
      'no push failed',
    );
    const flow = await open(t, settings);
    await flow.push(numbered(9_000_000, 30));
    await drained(path);
    await flow.stop();
    const stored = await readBack(kafka.direct, topic, { count: lines.length });
    const { lost, disordered, duplicates } = account(stored, lines.map(Number));
    t.diagnostic(`${lines.length} acknowledged, ${stored.length} stored, ${duplicates} duplicates`);
    assert.deepEqual({ lost, disordered }, { lost: [], disordered: [] });
    // 200 are in flight at a time, and what was removed in the last 20 ms may come back.
    assert.ok(duplicates < 3 * 2_000, `${duplicates} duplicates`);
  });
});

/** Times every push of the flow. @returns the longest so far, in milliseconds */
function watchPushes(flow: TestFlow): () => number {
  let slowest = 0;
  const push = flow.push.bind(flow);
  flow.push = async (event) => {
    const begin = performance.now();
    const result = await push(event);
    slowest = Math.max(slowest, performance.now() - begin);
    return result;
  };
  return () => slowest;
}
