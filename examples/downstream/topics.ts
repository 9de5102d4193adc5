import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { WalkerOS } from '@walkeros/core';
import { createTopic } from '../../scripts/kafka/topics.ts';
import type { Settings } from '../../src/index.ts';
import { filled } from './filled.ts';
import { withFolder } from './folder.ts';
import { writeEvents } from './write.ts';

/** A topic with the events as JSON, by their session. @returns its name */
export const jsonTopic = (brokers: readonly string[], events: readonly WalkerOS.Event[]): Promise<string> =>
  topicOf(brokers, events, (topic) => ({ kafka: { brokers: [...brokers], topic, key: 'user.session' } }));

/**
 * A topic with the events in Avro, written with connect/avro-flow-settings.json at this run's addresses.
 * @param registry its address without a path
 * @returns its name
 */
export const avroTopic = (
  brokers: readonly string[],
  events: readonly WalkerOS.Event[],
  registry: string,
): Promise<string> =>
  topicOf(brokers, events, (topic) =>
    withFolder('downstream', (folder) => {
      const file = filled(new URL('connect/avro-flow-settings.json', import.meta.url), folder, {
        '"localhost:9092"': brokers.map((broker) => JSON.stringify(broker)).join(','),
        'walkeros-events-avro': topic,
        'http://localhost:8081': registry,
      });
      return JSON.parse(readFileSync(file, 'utf8')) as Settings;
    }),
  );

/** A topic with the events as JSON by the ready-made schema, which is told in front of the value or in a header. @returns its name */
export const jsonSchemaTopic = (
  brokers: readonly string[],
  events: readonly WalkerOS.Event[],
  { registry, schemaId }: { registry: string; schemaId: 'prefix' | 'header' },
): Promise<string> =>
  topicOf(brokers, events, (topic) => ({
    kafka: { brokers: [...brokers], topic, key: 'user.session' },
    value: { format: 'json-schema', schemaId, registry: { url: registry }, autoRegister: true },
  }));

/** Three partitions, which keep the events for good: by their time they are old. */
async function topicOf(
  brokers: readonly string[],
  events: readonly WalkerOS.Event[],
  settings: (topic: string) => Settings | Promise<Settings>,
): Promise<string> {
  const topic = `downstream-${randomBytes(4).toString('hex')}`;
  await createTopic(brokers, topic, { partitions: 3, config: { 'retention.ms': '-1' } });
  await writeEvents(await settings(topic), events);
  return topic;
}
