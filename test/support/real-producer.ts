import { systemClock } from '../../src/producer/ports.ts';
import { Producer } from '../../src/producer/producer.ts';
import { createClient } from '../../src/transport/create.ts';
import type { KafkaRecord } from '../../src/model/record.ts';
import { defaults } from '../unit/producer/harness.ts';
import { clientOptions } from './client-options.ts';

/** A producer on a real broker, without a flow: it takes records with null as key or value. */
export async function realProducer(brokers: readonly string[]) {
  const sent = { batches: 0 };
  const client = await createClient('platformatic', {
    ...{ ...clientOptions, brokers: [...brokers], requestTimeout: 20_000, connectTimeout: 5_000 },
    onProduced: ({ batches }) => (sent.batches += batches.length),
  });
  const producer = new Producer(
    client,
    { ...defaults, deliveryTimeout: 30_000 },
    { clock: systemClock, notify: () => undefined, random: Math.random, date: () => new Date() },
  );
  return {
    /** What went out so far. */
    sent,
    send: (topic: string, key: string | null, value: string | null) =>
      producer.send(recordOf(topic, key, value)),
    close: async (): Promise<void> => {
      await producer.close(4_500);
      await client.close();
    },
  };
}

function recordOf(topic: string, key: string | null, value: string | null): KafkaRecord {
  const [keyBytes, valueBytes] = [key, value].map((text) => (text === null ? null : Buffer.from(text)));
  return { topic, key: keyBytes ?? null, value: valueBytes ?? null, headers: {}, timestamp: Date.now() };
}
