import type { KafkaCluster } from '../scripts/kafka/cluster.ts';
import type { Arrival } from './live/arrival.ts';
import { startConsumer } from './live/consumer.ts';
import { startJavaReader } from './once/java-reader.ts';
import { topics, type Ends } from './topics.ts';

/** Whatever reads the records back. */
export interface Reader {
  /** Rejects when records can no longer be read; never resolves. */
  readonly failed: Promise<never>;
  /** Reads a topic as well that was made after the start. */
  follow(topic: string, partitions: number): void;
  /** Ends it, at once. */
  stop(): Promise<void>;
}

export interface ReaderOptions {
  readonly cluster: Pick<KafkaCluster, 'direct'>;
  /** Where the topics ended before this run: what stands there is not read. */
  readonly ends: Ends;
  readonly run: string;
  readonly onRecord: (record: Arrival) => void;
  readonly onReading: (reading: boolean) => void;
}

/**
 * `--once` compares what is stored with what was sent, and that is for Kafka's own Java consumer to say, in a process of
 * its own; for the view, a consumer in this one, which is there at once and outlives the broker.
 */
export function startReader(once: boolean, options: ReaderOptions): Reader {
  const { cluster, ends, run, onRecord, onReading } = options;
  if (once) {
    const reader = startJavaReader(cluster.direct, topics, (record) => {
      if (record.offset >= (ends.get(record.topic)?.[record.partition] ?? 0)) onRecord(record);
    });
    // The fixed set goes to topics that are there.
    return { ...reader, follow: () => undefined };
  }
  const consumer = startConsumer({ brokers: cluster.direct, from: ends, name: run, onRecord, onReading });
  return { failed: new Promise<never>(() => undefined), ...consumer };
}
