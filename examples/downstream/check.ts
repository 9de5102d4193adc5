import { startRegistry } from '../../scripts/registry/launch.ts';
import type { Progress } from '../../scripts/kafka/progress.ts';
import { runConnect } from './connect/run.ts';
import { shopEvents } from './events.ts';
import { closedMinutes, rowsOneByOne, rowsPerMinute } from './expected.ts';
import { runFlink } from './flink/run.ts';
import { runSpark } from './spark/run.ts';
import { avroTopic, jsonTopic } from './topics.ts';

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
      const { json, avro } = await runConnect(
        {
          brokers,
          jsonTopic: await jsonTopic(brokers, events),
          avroTopic: await avroTopic(brokers, events, address),
          registry: address,
          count: events.length,
        },
        onProgress,
      );
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
    const found = await runFlink(brokers, await jsonTopic(brokers, events), onProgress);
    return [{ what: 'events-per-minute.sql', found, expected: rowsPerMinute(events) }];
  },
  async spark(brokers: readonly string[], onProgress?: Progress): Promise<Checked[]> {
    const found = await runSpark(brokers, await jsonTopic(brokers, events), onProgress);
    return [{ what: 'events_per_minute.py', found, expected: closedMinutes(events, delayMs) }];
  },
};
