import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { event, runFlow } from '../support/flow.ts';

/** What a user sees in the log when a flow starts with settings that cannot work. */
const settings: { readonly fault: string; readonly kafka: object; readonly says: RegExp }[] = [
  {
    fault: 'no brokers',
    kafka: { topic: 't' },
    says: /settings\.kafka\.brokers: is missing: write a list of host:port/,
  },
  {
    fault: 'an empty list of brokers',
    kafka: { brokers: [], topic: 't' },
    says: /settings\.kafka\.brokers: is empty/,
  },
  {
    fault: 'a host without a port',
    kafka: { brokers: ['kafka1'], topic: 't' },
    says: /settings\.kafka\.brokers\[0\].*kafka1.*port.*kafka1:9092/,
  },
  {
    fault: 'an unknown mechanism',
    kafka: { brokers: ['a:1'], topic: 't', sasl: { mechanism: 'kerberos' } },
    says: /settings\.kafka\.sasl\.mechanism: .*plain.*scram-sha-256.*scram-sha-512.*aws.*oauthbearer/,
  },
  {
    fault: 'wrong types, all at once',
    kafka: { brokers: 'a:1', topic: 7, acks: 'all', compression: 'zip' },
    says: /brokers[^]*topic[^]*acks[^]*compression/,
  },
  {
    fault: 'a topic name that Kafka does not allow',
    kafka: { brokers: ['a:1'], topic: 'my topic' },
    says: /settings\.kafka\.topic.*my topic/,
  },
  {
    fault: 'a misspelt setting',
    kafka: { brokers: ['a:1'], topic: 't', compresion: 'gzip' },
    says: /settings\.kafka\.compresion.*compression/,
  },
];

describe('settings that cannot work', () => {
  for (const { fault, kafka, says } of settings) {
    it(fault, async () => {
      const flow = await runFlow({ kafka } as never);
      await Promise.all([flow.push(event()), flow.push(event())]);
      await flow.stop();
      const errors = flow.log.filter((line) => line.startsWith('ERROR The Kafka destination cannot start'));
      assert.equal(errors.length, 1, flow.log.join('\n'));
      assert.match(String(errors[0]), says);
    });
  }

  it("a rule's topic name that Kafka does not allow is found at the start too", async () => {
    const flow = await runFlow(
      { kafka: { brokers: ['a:1'], topic: 't' } },
      { mapping: { order: { complete: { settings: { topic: 'my orders' } } } } },
    );
    await flow.push(event());
    await flow.stop();
    assert.match(flow.log.join('\n'), /mapping\.order\.complete\.settings\.topic.*my orders/);
  });
});

describe('brokers that cannot be reached', () => {
  for (const client of ['platformatic', 'kafkajs'] as const) {
    const warningOf = async (broker: string, more: object = {}) => {
      const flow = await runFlow({
        kafka: { brokers: [broker], topic: await freshTopic('bad'), client, deliveryTimeout: 1_500, ...more },
      });
      const result = await flow.push(event());
      await flow.stop();
      assert.ok(!result.ok);
      return String(flow.log.find((line) => line.startsWith('WARN')));
    };

    it(`${client}: nobody listens`, async () => {
      assert.match(
        await warningOf('127.0.0.1:1'),
        /^WARN Cannot reach Kafka at 127\.0\.0\.1:1: .*ECONNREFUSED.*settings\.kafka\.brokers/,
      );
    });

    it(`${client}: an unknown host`, async () => {
      assert.match(
        await warningOf('kafka.invalid:9092'),
        /^WARN Cannot reach Kafka at kafka\.invalid:9092: .*(ENOTFOUND|EAI_AGAIN|unknown).*settings\.kafka\.brokers/i,
      );
    });

    it(`${client}: TLS to a port that speaks none`, async () => {
      const { brokers } = await sharedBroker();
      assert.match(
        await warningOf(brokers[0] ?? '', { ssl: true, deliveryTimeout: 4_000 }),
        /^WARN .*does not speak TLS.*settings\.kafka\.ssl/,
      );
    });
  }
});
