import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredRecord } from '../../scripts/kafka/console-format.ts';
import { follow } from '../../scripts/kafka/follow.ts';
import { recordCounts } from '../../scripts/kafka/topics.ts';

export type { StoredRecord };

export interface ReadOptions {
  /** Wait until the topics hold at least this many records together; default: read what there is. */
  readonly count?: number;
  readonly timeoutMs?: number;
}

/**
 * Reads topics from their beginning to their end, through Kafka's own Java consumer. Everything that is there comes back,
 * also beyond `count`: a duplicate must show. In order of topic, partition, offset.
 */
export async function readBack(
  brokers: readonly string[],
  topics: string | readonly string[],
  { count = 0, timeoutMs = 30_000 }: ReadOptions = {},
): Promise<StoredRecord[]> {
  const names = typeof topics === 'string' ? [topics] : topics;
  const deadline = Date.now() + timeoutMs;
  const sizes = await untilStored(brokers, names, count, deadline);
  const filled = names.filter((topic) => sizes.get(topic));
  const records: StoredRecord[] = [];
  // Two at once: a JVM's start is all processor.
  for (let at = 0; at < filled.length; at += 2) {
    const reading = await follow(brokers, filled.slice(at, at + 2), (record) => records.push(record), {
      count: (topic) => sizes.get(topic) ?? 0,
    });
    const late = setTimeout(() => void reading.stop(), deadline - Date.now());
    await reading.ended;
    clearTimeout(late);
  }
  const expected = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (records.length !== expected) {
    throw new Error(
      `Read ${String(records.length)} of ${String(expected)} records in ${String(timeoutMs)} ms`,
    );
  }
  const place = new Map(names.map((topic, index) => [topic, index]));
  const order = ({ topic }: StoredRecord): number => place.get(topic) ?? 0;
  return records.sort((a, b) => order(a) - order(b) || a.partition - b.partition || a.offset - b.offset);
}

async function untilStored(
  brokers: readonly string[],
  topics: readonly string[],
  count: number,
  deadline: number,
): Promise<Map<string, number>> {
  for (;;) {
    const sizes = new Map<string, number>();
    for (const topic of topics) {
      const counts = await recordCounts(brokers, topic);
      sizes.set(
        topic,
        counts.reduce((sum, size) => sum + size, 0),
      );
    }
    const stored = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    if (stored >= count) return sizes;
    if (Date.now() > deadline) {
      throw new Error(`${topics.join(', ')} hold ${String(stored)} records, ${String(count)} were awaited`);
    }
    await sleep(50);
  }
}
