import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Mapping } from '@walkeros/core';
import type { RuleSettings } from '../../src/types.ts';
import { freshName, freshTopic, sharedBroker } from '../support/broker.ts';
import { event } from '../support/flow.ts';
import { failureOf, openFlow, upTo } from '../support/load.ts';
import { readBack, type StoredRecord } from '../support/reader.ts';

const text = 'x'.repeat(5_000);
/** 5 kB, which a topic with a limit of 2 kB refuses. */
const large = (timestamp: number) =>
  event({
    data: { text },
    user: { id: 'größe' },
    timestamp,
    source: { type: 'test', platform: 'server', schema: '4', count: 1, trace: 't' },
  });
const headersOf = ({ headers }: StoredRecord) =>
  Object.fromEntries(headers.map(([name, value]) => [name, String(value)]));

for (const client of ['platformatic', 'kafkajs'] as const) {
  describe(`dead letters with ${client}`, () => {
    it('a refused record is kept as it was, its headers tell why, its push resolves, and a warning says so and how many there were', async () => {
      const { brokers } = await sharedBroker();
      const topic = await freshTopic('narrow', { config: { 'max.message.bytes': '2000' } });
      const dead = await freshTopic('dead');
      const flow = await openFlow({
        kafka: { brokers, topic, client, key: 'user.id', compression: 'none', headers: { team: 'web' } },
        deadLetter: { topic: dead },
      });
      const begin = Date.now();
      const pushes = upTo(20).map((n) => flow.push(large(1_700_000_000_000 + n)));
      pushes.push(flow.push(event({ data: { title: 'Home' } })));
      const failures = (await Promise.all(pushes)).map(failureOf).filter(Boolean);
      const end = Date.now();
      await flow.stop();
      assert.deepEqual(failures, []);

      assert.equal((await readBack(brokers, topic, { count: 1 })).length, 1);
      const letters = await readBack(brokers, dead, { count: 20 });
      assert.equal(letters.length, 20);
      const [letter] = letters;
      assert.ok(letter);
      assert.equal(String(letter.key), 'größe');
      assert.equal(
        String(letter.value),
        `{"name":"page view","data":{"text":"${text}"},"context":{},"globals":{},"custom":{},"user":{"id":"größe"},` +
          '"nested":[],"consent":{},"id":"1f0c2a9d4b7e8f31","trigger":"load","entity":"page","action":"view",' +
          '"timestamp":1700000000000,"timing":1.5,' +
          '"source":{"type":"test","platform":"server","schema":"4","count":1,"trace":"t"}}',
      );
      assert.ok(letters.every(({ timestamp }) => timestamp >= begin && timestamp <= end));
      assert.deepEqual(
        letters.map((one) => headersOf(one)['walkeros-dead-letter-timestamp']),
        upTo(20).map((n) => String(1_700_000_000_000 + n)),
      );
      const { 'walkeros-dead-letter-time': time = '', ...headers } = headersOf(letter);
      const message =
        `Topic "${topic}": the broker answered MESSAGE_TOO_LARGE. Send smaller events, or raise the topic's ` +
        'max.message.bytes. This record has 5392 bytes before compression.';
      assert.deepEqual(headers, {
        'content-type': 'application/json',
        team: 'web',
        'walkeros-dead-letter-topic': topic,
        'walkeros-dead-letter-code': 'MESSAGE_TOO_LARGE',
        'walkeros-dead-letter-message': message,
        'walkeros-dead-letter-attempts': '1',
        'walkeros-dead-letter-timestamp': '1700000000000',
      });
      assert.equal(new Date(time).toISOString(), time);
      assert.ok(Date.parse(time) >= begin && Date.parse(time) <= end, time);
      const warning = `WARN Kafka topic "${topic}": a rejected record was stored in the dead-letter topic "${dead}". ${message}`;
      assert.deepEqual(
        flow.log.filter((line) => line.startsWith('WARN')),
        [warning, `${warning} (and 18 more like it since the last line)`],
      );
    });

    it('a topic that never appears: its records are kept once the tries are over', async () => {
      const { brokers } = await sharedBroker();
      const [topic, dead, missing] = [
        await freshTopic('there'),
        await freshTopic('dead'),
        freshName('missing'),
      ];
      const rule: Mapping.Rule<RuleSettings> = { settings: { topic: missing } };
      const flow = await openFlow(
        {
          kafka: { brokers, topic, client, retry: { retries: 2, initialRetryTime: 100 } },
          deadLetter: { topic: dead },
        },
        { mapping: { order: { complete: rule } } },
      );
      const order = event({ name: 'order complete', entity: 'order', action: 'complete' });
      assert.equal(failureOf(await flow.push(order)), undefined);
      await flow.stop();
      const [letter, ...more] = await readBack(brokers, dead, { count: 1 });
      assert.ok(letter);
      assert.equal(more.length, 0);
      assert.equal(String(letter.key), 'order_complete');
      const { 'walkeros-dead-letter-time': time, ...headers } = headersOf(letter);
      assert.deepEqual(headers, {
        'content-type': 'application/json',
        'walkeros-dead-letter-topic': missing,
        'walkeros-dead-letter-code': 'UNKNOWN_TOPIC_OR_PARTITION',
        'walkeros-dead-letter-message':
          `Kafka topic "${missing}" not found on cluster ${brokers.join(',')}. Run "walkeros setup destination.kafka" ` +
          'with explicit { numPartitions, replicationFactor } to create it.',
        'walkeros-dead-letter-attempts': '3',
        'walkeros-dead-letter-timestamp': '1700000000123',
      });
      assert.match(String(time), /^20\d\d-\d\d-\d\dT.*Z$/);
    });

    it('a missing dead-letter topic: the push rejects and names both, by its deadline', async () => {
      const { brokers } = await sharedBroker();
      const topic = await freshTopic('narrow', { config: { 'max.message.bytes': '2000' } });
      const dead = freshName('dead');
      const flow = await openFlow({
        kafka: { brokers, topic, client, compression: 'none', deliveryTimeout: 2_000 },
        deadLetter: { topic: dead },
      });
      const failure = failureOf(await flow.push(large(1_700_000_000_000)));
      await flow.stop();
      assert.match(
        String(failure),
        new RegExp(
          `^Kafka topic "${topic}" rejected the record \\(Topic "${topic}": the broker answered MESSAGE_TOO_LARGE\\..*` +
            `This record has \\d+ bytes before compression\\.\\), and the dead-letter topic "${dead}" did not take it ` +
            `either: Kafka topic "${dead}" not found on cluster `,
        ),
      );
    });
  });
}
