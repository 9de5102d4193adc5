import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Collector } from '@walkeros/core';
import { startFlow } from '@walkeros/collector';
import { type HttpSource, sourceHttp } from '../../demo/source-http/index.ts';
import { destinationKafka, type Settings } from '../../src/index.ts';
import { freshName, freshTopic, sharedBroker } from '../support/broker.ts';
import { readBack } from '../support/reader.ts';

/** Where events can be posted that go through a real collector into the given topic. */
async function httpToKafka(
  t: TestContext,
  kafka: Omit<Settings['kafka'], 'brokers'> & { brokers?: string[] },
): Promise<string> {
  const { brokers } = await sharedBroker();
  const settings: Settings = { kafka: { brokers, ...kafka } };
  const { collector } = await startFlow({
    sources: { http: { code: sourceHttp, config: { settings: { port: 0 } } } },
    destinations: { kafka: { code: destinationKafka, config: { settings } } },
  });
  t.after(() => collector.command('shutdown'));
  return originOf(collector);
}

function originOf(collector: Collector.Instance): string {
  return (collector.sources.http as unknown as HttpSource).origin ?? '';
}

async function post(origin: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${origin}/collect`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

describe('events over HTTP into Kafka', () => {
  it('are stored when the answer is 200: one, an array, a batch', async (t) => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('http');
    const origin = await httpToKafka(t, { topic, key: 'user.id' });
    const event = (id: string) => ({
      name: 'order complete',
      data: { id, total: 39.5 },
      user: { id: 'us3r' },
      timestamp: 1700000000123,
    });
    const answers = [
      await post(origin, event('one')),
      await post(origin, [event('two'), event('three')]),
      await post(origin, { batch: [event('four')] }),
    ];
    assert.deepEqual(answers, [
      { status: 200, body: { ok: true, accepted: 1 } },
      { status: 200, body: { ok: true, accepted: 2 } },
      { status: 200, body: { ok: true, accepted: 1 } },
    ]);
    // No waiting: what was acknowledged is there.
    const stored = await readBack(brokers, topic);
    assert.deepEqual(
      stored.map(({ key, timestamp, value }) => {
        const { name, data } = JSON.parse(String(value)) as { name: string; data: unknown };
        return { key: String(key), timestamp, name, data };
      }),
      ['one', 'two', 'three', 'four'].map((id) => ({
        key: 'us3r',
        timestamp: 1700000000123,
        name: 'order complete',
        data: { id, total: 39.5 },
      })),
    );
  });

  it('are not stored, none of them, when one is bad', async (t) => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('http-bad');
    const origin = await httpToKafka(t, { topic });
    const { status, body } = await post(origin, [{ name: 'page view' }, { name: 'page' }]);
    assert.equal(status, 400);
    assert.deepEqual((body as { invalid: unknown }).invalid, [
      {
        index: 1,
        reason: '"name" must be an entity and an action with one space between, such as "page view"',
      },
    ]);
    assert.deepEqual(await readBack(brokers, topic), []);
  });

  it('get a 503 with the reason of the destination when the topic is missing', async (t) => {
    const { brokers } = await sharedBroker();
    const topic = freshName('http-missing');
    const origin = await httpToKafka(t, { topic, deliveryTimeout: 1500 });
    const { status, body } = await post(origin, { name: 'page view' });
    assert.equal(status, 503);
    const { accepted, failed } = body as {
      accepted: number;
      failed: { index: number; reasons: { kafka: string } }[];
    };
    assert.deepEqual([accepted, failed[0]?.index], [0, 0]);
    const advice = `Kafka topic "${topic}" not found on cluster ${brokers.join(',')}. Run "walkeros setup destination.kafka" with explicit { numPartitions, replicationFactor } to create it.`;
    assert.ok(failed[0]?.reasons.kafka.includes(advice), failed[0]?.reasons.kafka);
  });

  it('get a 502 that names the one event that cannot be stored; the others of the request are', async (t) => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('http-large', { config: { 'max.message.bytes': '10000' } });
    const origin = await httpToKafka(t, { topic, compression: 'none' });
    const large = { name: 'page view', data: { text: 'x'.repeat(20_000) } };
    const { status, body } = await post(origin, [{ name: 'product add' }, large, { name: 'order complete' }]);
    const { accepted, failed } = body as { accepted: number; failed: { index: number }[] };
    assert.deepEqual(
      [status, accepted, failed.map(({ index }) => index)],
      [502, 2, [1]],
      JSON.stringify(body),
    );
    const stored = await readBack(brokers, topic);
    assert.deepEqual(
      stored.map(({ key }) => String(key)),
      ['product_add', 'order_complete'],
    );
  });
});
