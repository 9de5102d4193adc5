import { createClient } from '../../src/transport/create.ts';
import { createMemoryCluster } from '../support/memory-cluster.ts';
import type { Client, ClientOptions } from '../../src/transport/port.ts';
import { deleteTopic, recordCounts } from '../../scripts/kafka/topics.ts';
import { freshName, freshTopic, sharedBroker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { readBack } from '../support/reader.ts';

export interface Written {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestamp: number;
}

/** An implementation of the client port together with the cluster behind it. */
export interface Subject {
  readonly name: string;
  client(options?: Partial<ClientOptions>): Promise<Client>;
  /** A client whose only broker does not listen. */
  strandedClient(): Promise<Client>;
  topic(partitions: number): Promise<string>;
  deleteTopic(topic: string): Promise<void>;
  counts(topic: string): Promise<number[]>;
  read(topic: string, count: number): Promise<Written[]>;
}

export const defaults: Omit<ClientOptions, 'brokers'> = {
  clientId: 'contract test',
  tls: undefined,
  sasl: undefined,
  connectTimeout: 2000,
  requestTimeout: 10_000,
  ackTimeout: 5000,
  acks: -1,
  compression: 'gzip',
  autoCreateTopics: false,
};

export const memory: Subject = memorySubject();
export const networked: readonly Subject[] = [real('platformatic'), real('kafkajs')];
export const subjects: readonly Subject[] = [memory, ...networked];

function real(kind: 'platformatic' | 'kafkajs'): Subject {
  const client = async (options: Partial<ClientOptions> = {}): Promise<Client> =>
    createClient(kind, { ...defaults, brokers: (await sharedBroker()).brokers, ...options });
  const counts = async (topic: string): Promise<number[]> =>
    recordCounts((await sharedBroker()).brokers, topic);
  return {
    name: kind,
    client,
    strandedClient: () => client({ brokers: ['127.0.0.1:1'] }),
    async topic(partitions) {
      const topic = await freshTopic('contract', { partitions });
      // A new leader is announced before it knows of its office; it answers about offsets once it does.
      await eventually('the leaders are in office', () => counts(topic));
      return topic;
    },
    deleteTopic: async (topic) => deleteTopic((await sharedBroker()).brokers, topic),
    counts,
    async read(topic, count) {
      const records = await readBack((await sharedBroker()).brokers, topic, { count });
      return records.map(({ partition, offset, key, value, headers, timestamp }) => ({
        partition,
        offset,
        key: textOf(key),
        value: textOf(value),
        headers: Object.fromEntries(headers.map(([name, bytes]) => [name, String(bytes)])),
        timestamp,
      }));
    },
  };
}

const textOf = (bytes: Buffer | null): string | null => bytes && bytes.toString();

function memorySubject(): Subject {
  const plain = createMemoryCluster();
  const creating = createMemoryCluster({ autoCreateTopics: true });
  return {
    name: 'memory',
    client: (options) => Promise.resolve((options?.autoCreateTopics ? creating : plain).client()),
    strandedClient() {
      const cluster = createMemoryCluster();
      cluster.cutOff();
      return Promise.resolve(cluster.client());
    },
    topic(partitions) {
      const topic = freshName('contract');
      plain.createTopic(topic, partitions);
      return Promise.resolve(topic);
    },
    deleteTopic: (topic) => Promise.resolve(plain.deleteTopic(topic)),
    counts: (topic) => {
      const counts: number[] = [];
      for (const { partition } of plain.records(topic)) counts[partition] = (counts[partition] ?? 0) + 1;
      return Promise.resolve(Array.from(counts, (count: number | undefined) => count ?? 0));
    },
    read: (topic) =>
      Promise.resolve(
        plain.records(topic).map(({ partition, offset, key, value, headers, timestamp }) => ({
          partition,
          offset,
          key: textOf(key),
          value: textOf(value),
          headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
          timestamp,
        })),
      ),
  };
}
