import type { MessageToProduce } from '@platformatic/kafka';
import type { Message } from 'kafkajs';
import { partitionOf } from '../src/protocol/partitioner.ts';
import type { KafkaRecord } from '../src/model/record.ts';
import type { RowContext } from './row.ts';

export type Codec = 'none' | 'gzip' | 'lz4';

/** A library's own producer, as its documentation says it is used, with acks from all replicas. */
export interface RawProducer<Item> {
  /** In the library's own form, made beforehand: the partition chosen, keys and values as bytes. */
  readonly messages: readonly Item[];
  readonly send: (messages: Item[]) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

export async function rawPlatformatic(
  context: RowContext,
  records: readonly KafkaRecord[],
  codec: Codec,
): Promise<RawProducer<MessageToProduce>> {
  const { Producer } = await import('@platformatic/kafka');
  const producer = new Producer({
    clientId: 'bench',
    bootstrapBrokers: [...context.brokers],
    retries: 0,
    repeatOnStaleMetadata: false,
  });
  const partitions = await partitionCount(context);
  const headers = new Map([[Buffer.from('content-type'), Buffer.from('application/json')]]);
  return {
    messages: records.map(({ topic, key, value, timestamp }) => ({
      topic,
      partition: partitionOf(key ?? Buffer.of(), partitions),
      key: key ?? undefined,
      value: value ?? undefined,
      headers,
      timestamp: BigInt(timestamp),
    })),
    send: (messages) => producer.send({ messages, acks: -1, compression: codec }),
    close: () => producer.close(),
  };
}

export async function rawKafkajs(
  context: RowContext,
  records: readonly KafkaRecord[],
  codec: Codec,
): Promise<RawProducer<Message>> {
  const { Kafka, CompressionTypes, Partitioners, logLevel } = (await import('kafkajs')).default;
  const kafka = new Kafka({ clientId: 'bench', brokers: [...context.brokers], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: { retries: 0 },
  });
  await producer.connect();
  const partitions = await partitionCount(context);
  const compression = codec === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None;
  const headers = { 'content-type': 'application/json' };
  return {
    messages: records.map(({ key, value, timestamp }) => ({
      partition: partitionOf(key ?? Buffer.of(), partitions),
      key,
      value,
      headers,
      timestamp: String(timestamp),
    })),
    send: (messages) =>
      producer.sendBatch({ topicMessages: [{ topic: context.topic, messages }], acks: -1, compression }),
    close: () => producer.disconnect(),
  };
}

async function partitionCount({ brokers, topic }: RowContext): Promise<number> {
  const { describeTopic } = await import('../scripts/kafka/topics.ts');
  return (await describeTopic(brokers, topic))?.length ?? 1;
}
