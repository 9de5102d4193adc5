import { follow } from '../../../scripts/kafka/follow.ts';
import { recordCounts } from '../../../scripts/kafka/topics.ts';
import { numberOf } from '../../support/load.ts';
import type { Found } from './judge.ts';

const timeoutMs = 600_000;

/**
 * Reads a topic from its beginning to its end through Kafka's own Java consumer, each partition in its order. Keeps what
 * the judge needs and no more: a soak of an hour stores a million records.
 */
export async function readFound(brokers: readonly string[], topic: string): Promise<Found[]> {
  const counts = await recordCounts(brokers, topic);
  const size = counts.reduce((sum, count) => sum + count, 0);
  const found: Found[] = [];
  if (size === 0) return found;
  const reading = await follow(
    brokers,
    [topic],
    ({ partition, value, timestampType, timestamp }) => {
      const { n, key } = numberOf(value);
      found.push({ partition, n, key, ...(timestampType === 'LogAppendTime' && { time: timestamp }) });
    },
    { count: () => size },
  );
  const late = setTimeout(() => void reading.stop(), timeoutMs);
  await reading.ended;
  clearTimeout(late);
  if (found.length !== size) throw new Error(`Read ${String(found.length)} of ${String(size)} records`);
  return found;
}
