import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { getMappingValue, type Mapping } from '@walkeros/core';
import { step } from '../../src/examples/index.ts';
import type { TopicSetting } from '../../src/record/settings.ts';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { runFlow } from '../support/flow.ts';
import { readBack, type StoredRecord } from '../support/reader.ts';

const textOf = (bytes: Buffer | null | undefined): string | null => (bytes === null ? null : String(bytes));

/** The worked examples as they stand in the docs, against a real broker; only broker and topic names are replaced. */
for (const client of ['platformatic', 'kafkajs'] as const) {
  describe(`worked examples, stored by ${client}`, () => {
    /** Names in the examples to names on the broker. */
    const topics = new Map<string, string>();
    const real = (name: string): string => topics.get(name) ?? name;
    /** A choice gives a name of the examples, and takes the real ones. */
    const realTopic = (topic: TopicSetting): TopicSetting => {
      if (typeof topic === 'string') return real(topic);
      const fn: Mapping.Fn = async (value, context) =>
        real((await getMappingValue(value, topic.value, context)) as string);
      return { value: { fn }, topics: topic.topics.map(real) };
    };
    let stored: StoredRecord[];

    before(async () => {
      const { brokers } = await sharedBroker();
      for (const name of ['walkeros-events', 'orders', 'carts-eu', 'carts-us'])
        topics.set(name, await freshTopic(`example-${name}`));
      for (const { in: event, mapping, settings } of Object.values(step)) {
        const topic = mapping?.settings?.topic;
        const rule = topic
          ? { ...mapping, settings: { ...mapping.settings, topic: realTopic(topic) } }
          : mapping;
        const flow = await runFlow(
          { kafka: { ...settings.kafka, brokers, client, topic: realTopic(settings.kafka.topic) } },
          rule ? { mapping: { [event.entity]: { [event.action]: rule } } } : {},
        );
        await flow.push(event);
        await flow.stop();
      }
      stored = await readBack(brokers, [...topics.values()], { count: 12 });
    });

    for (const example of Object.values(step)) {
      it(String(example.title), () => {
        for (const [, { topic, messages }] of example.out) {
          for (const message of messages) {
            // Each example takes its record from the front of its topic: they were pushed in this order.
            const record = stored.splice(
              stored.findIndex((one) => one.topic === real(topic)),
              1,
            )[0];
            assert.deepEqual(
              {
                topic: record?.topic,
                key: textOf(record?.key),
                value: textOf(record?.value),
                headers: Object.fromEntries(
                  (record?.headers ?? []).map(([name, bytes]) => [name, String(bytes)]),
                ),
                timestamp: record?.timestamp,
              },
              { topic: real(topic), ...message },
            );
          }
        }
      });
    }

    it('and nothing else', () => {
      assert.deepEqual(stored, []);
    });
  });
}
