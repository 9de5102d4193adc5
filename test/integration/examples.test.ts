import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { step } from '../../src/examples/index.ts';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { runFlow } from '../support/flow.ts';
import { readBack, type StoredRecord } from '../support/reader.ts';

/** The worked examples as they stand in the docs, against a real broker; only broker and topic names are replaced. */
for (const client of ['platformatic', 'kafkajs'] as const) {
  describe(`worked examples, stored by ${client}`, () => {
    /** Names in the examples to names on the broker. */
    const topics = new Map<string, string>();
    const real = (name: string): string => topics.get(name) ?? name;
    let stored: StoredRecord[];

    before(async () => {
      const { brokers } = await sharedBroker();
      for (const name of ['walkeros-events', 'orders']) topics.set(name, await freshTopic(`example-${name}`));
      for (const { in: event, mapping, settings } of Object.values(step)) {
        const topic = mapping?.settings?.topic;
        const rule = topic ? { ...mapping, settings: { ...mapping.settings, topic: real(topic) } } : mapping;
        const flow = await runFlow(
          { kafka: { ...settings.kafka, brokers, client, topic: real(settings.kafka.topic) } },
          rule ? { mapping: { [event.entity]: { [event.action]: rule } } } : {},
        );
        await flow.push(event);
        await flow.stop();
      }
      stored = await readBack(brokers, [...topics.values()], { count: 5 });
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
                key: String(record?.key),
                value: String(record?.value),
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
