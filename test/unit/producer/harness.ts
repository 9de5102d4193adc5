import { Producer } from '../../../src/producer/producer.ts';
import { recordStates, type RecordTransition } from '../../../src/producer/producer-record.ts';
import type { ProducerSettings } from '../../../src/producer/ports.ts';
import { partitionOf } from '../../../src/protocol/partitioner.ts';
import { createMemoryCluster, type MemoryClusterOptions } from '../../support/memory-cluster.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import type { Notice } from '../../../src/model/notice.ts';
import type { PartitionBatch } from '../../../src/model/partition.ts';
import type { KafkaRecord } from '../../../src/model/record.ts';
import { FakeClock } from '../../support/fake-clock.ts';

// Whatever a test does, no record may change its state in a way that the diagram does not have.
recordStates.subscribe((message) => {
  const { from, to, allowed } = message as RecordTransition;
  if (!allowed) throw new Error(`a record went from ${from} to ${to}`);
});

export const defaults: ProducerSettings = {
  retry: { retries: 5, initialRetryTime: 300, maxRetryTime: 30_000 },
  linger: 0,
  batchSize: 1_000_000,
  maxRecordsPerBatch: 10_000,
  deliveryTimeout: 8_000,
  bufferMemory: 32 * 1024 * 1024,
  deadLetterTopic: undefined,
  spool: undefined,
  idempotent: false,
};

/** Of a broker in a test without an idempotent producer. */
export const noProducerId = () => Promise.reject(new Error('nobody needs a producer id here'));

/** A producer over an in-memory cluster, with a clock that only the test moves. */
export function setUp(
  settings: Partial<ProducerSettings> = {},
  clusterOptions: MemoryClusterOptions = {},
  clock = new FakeClock(),
) {
  const notices: Notice[] = [];
  const requests: string[][] = [];
  const prepared: string[][] = [];
  const cluster = createMemoryCluster({
    topics: { events: 1 },
    ...clusterOptions,
    onProduce(batches) {
      requests.push(batches.map(nameOf));
      return clusterOptions.onProduce?.(batches);
    },
  });
  const client = cluster.client();
  const producer = new Producer(
    {
      metadata: (topic) => client.metadata(topic),
      produce: (batches) => client.produce(batches),
      initProducerId: () => client.initProducerId(),
      prepare: (batches) => void prepared.push(batches.map(nameOf)),
    },
    { ...defaults, ...settings },
    { clock, notify: (notice) => notices.push(notice), random: () => 0.5, date: () => new Date(0) },
  );
  return { clock, notices, requests, prepared, cluster, producer };
}

function nameOf({ topic, partition, records }: PartitionBatch): string {
  return `${topic}-${partition} ×${records.length}`;
}

export function record(value: string, { topic = 'events', key = 'k' } = {}): KafkaRecord {
  return { topic, key: Buffer.from(key), value: Buffer.from(value), headers: {}, timestamp: 0 };
}

/** A record that is known by its number, whatever it has as key and value. */
export function numbered(number: number, key: string | null, size: number | null): KafkaRecord {
  return {
    topic: 'events',
    key: key === null ? null : Buffer.from(key),
    value: size === null ? null : Buffer.alloc(size, ' '),
    headers: {},
    timestamp: number,
  };
}

/** Of a record, or of one whose dead letter it is. */
export function numberOf({ headers, timestamp }: KafkaRecord): number {
  return Number(headers['walkeros-dead-letter-timestamp'] ?? timestamp);
}

/** A key that belongs to this one of six partitions. */
export function keyOf(partition: number): string {
  const keys = Array.from({ length: 90 }, (_, index) => `key-${index}`);
  return keys.find((key) => partitionOf(Buffer.from(key), 6) === partition) ?? '';
}

/** What became of each push: "stored", the error's code, or "pending". */
export function watch(pushes: readonly Promise<void>[]): string[] {
  const fates = pushes.map(() => 'pending');
  pushes.forEach((push, index) => {
    push.then(
      () => (fates[index] = 'stored'),
      (error: unknown) => (fates[index] = error instanceof KafkaError ? error.code : String(error)),
    );
  });
  return fates;
}

export async function errorOf(push: Promise<void>): Promise<KafkaError> {
  try {
    await push;
  } catch (error) {
    if (error instanceof KafkaError) return error;
    throw error;
  }
  throw new Error('the push was expected to reject');
}

export const refused = (code: KafkaError['code'], message = 'no') => new KafkaError(code, message);
