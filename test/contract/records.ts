import { randomBytes } from 'node:crypto';
import type { PartitionBatch } from '../../src/model/partition.ts';
import type { KafkaRecord } from '../../src/model/record.ts';

export function record(topic: string, value: string | Buffer, parts: Partial<KafkaRecord> = {}): KafkaRecord {
  return {
    topic,
    key: Buffer.from('key'),
    value: Buffer.from(value),
    headers: {},
    timestamp: 1_700_000_000_123,
    ...parts,
  };
}

export function batchOf(topic: string, partition: number, ...values: (string | Buffer)[]): PartitionBatch {
  return { topic, partition, records: values.map((value) => record(topic, value)) };
}

/** More than a topic's default `max.message.bytes`, however it is compressed. */
export const oversize = randomBytes(1_200_000);
