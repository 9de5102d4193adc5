import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../../src/index.ts';
import type { Progress } from '../../scripts/kafka/progress.ts';
import { createTopic } from '../../scripts/kafka/topics.ts';
import { startRegistry } from '../../scripts/registry/launch.ts';
import { runConnect } from './connect/run.ts';
import { shopEvents } from './events.ts';
import { closedMinutes, rowsOneByOne, rowsPerMinute } from './expected.ts';
import { filled } from './filled.ts';
import { runFlink } from './flink/run.ts';
import { runSpark } from './spark/run.ts';
import { writeEvents } from './write.ts';

/** What an engine wrote, and what it was to write. */
export interface Checked {
  readonly what: string;
  readonly found: readonly object[];
  readonly expected: readonly object[];
}

const events = shopEvents();
/** Of the examples: how late an event may come. */
const delayMs = 60_000;

/** Each writes the events into topics of its own, and has an engine read them. */
export const checks = {
  async connect(brokers: readonly string[], onProgress?: Progress): Promise<Checked[]> {
    const registry = await startRegistry(onProgress);
    try {
      const address = new URL(registry.url).origin;
      const jsonTopic = await filledTopic(brokers);
      const avroTopic = await filledTopic(brokers, (topic) => avroSettings(brokers, topic, address));
      const run = { brokers, jsonTopic, avroTopic, registry: address, count: events.length };
      const { json, avro } = await runConnect(run, onProgress);
      const expected = rowsOneByOne(events);
      return [
        { what: 'json-to-file.json', found: json, expected },
        { what: 'avro-to-file.json', found: avro, expected },
      ];
    } finally {
      await registry.stop();
    }
  },
  async flink(brokers: readonly string[], onProgress?: Progress): Promise<Checked[]> {
    const found = await runFlink(brokers, await filledTopic(brokers), onProgress);
    return [{ what: 'events-per-minute.sql', found, expected: rowsPerMinute(events) }];
  },
  async spark(brokers: readonly string[], onProgress?: Progress): Promise<Checked[]> {
    const found = await runSpark(brokers, await filledTopic(brokers), onProgress);
    return [{ what: 'events_per_minute.py', found, expected: closedMinutes(events, delayMs) }];
  },
};

const jsonSettings =
  (brokers: readonly string[]) =>
  (topic: string): Settings => ({ kafka: { brokers: [...brokers], topic, key: 'user.session' } });

/** connect/avro-flow-settings.json, at this run's addresses. */
function avroSettings(brokers: readonly string[], topic: string, registry: string): Settings {
  const folder = mkdtempSync(join(tmpdir(), 'downstream-'));
  try {
    const file = filled(new URL('connect/avro-flow-settings.json', import.meta.url), folder, {
      '"localhost:9092"': brokers.map((broker) => JSON.stringify(broker)).join(','),
      'walkeros-events-avro': topic,
      'http://localhost:8081': registry,
    });
    return JSON.parse(readFileSync(file, 'utf8')) as Settings;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A topic of three partitions that keeps the events for good: by their time they are old. @returns its name */
async function filledTopic(
  brokers: readonly string[],
  settings: (topic: string) => Settings = jsonSettings(brokers),
): Promise<string> {
  const topic = `downstream-${randomBytes(4).toString('hex')}`;
  await createTopic(brokers, topic, { partitions: 3, config: { 'retention.ms': '-1' } });
  await writeEvents(settings(topic), events);
  return topic;
}
