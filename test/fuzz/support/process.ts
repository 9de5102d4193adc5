import { setTimeout as sleep } from 'node:timers/promises';
import { createAdmin, createClient, createInspector, createReader } from '../../../src/transport/create.ts';
import type { ClientOptions, Sasl } from '../../../src/transport/port.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { Secret } from '../../../src/model/secret.ts';
import { randomOf } from '../../chaos/random.ts';
import { clientOptions } from '../../support/client-options.ts';
import { event, runFlow } from '../../support/flow.ts';
import { group, topic } from './good-answers.ts';
import { spoilingBroker } from './spoiling-broker.ts';

/**
 * Everything that asks a broker anything, against one whose answers are spoilt, until it has given so many of them. Nothing is
 * guarded: an error that nobody catches ends the process. Prints a `FuzzReport` as JSON.
 *
 *     node process.ts platformatic 4242 50000
 */
export interface FuzzReport {
  /** By Kafka's number of the request. */
  readonly answers: Readonly<Record<string, number>>;
  readonly pushes: number;
  /** By what it was told: `stored`, or the code of its error. */
  readonly told: Readonly<Record<string, number>>;
  /** The longest that a push waited, in ms. */
  readonly longestPush: number;
  /** What took longer than anything may take, or failed with something else than a `KafkaError`. */
  readonly faults: readonly string[];
  /** The most that the process held in memory (RSS), in MB. */
  readonly memory: number;
}

const [kind = 'platformatic', seed = '1', wanted = '1000'] = process.argv.slice(2) as [
  ('platformatic' | 'kafkajs')?,
  string?,
  string?,
];
const random = randomOf(Number(seed));
const broker = await spoilingBroker(random);
const faults: string[] = [];
const told: Record<string, number> = {};
let pushes = 0;
let longestPush = 0;
let memory = 0;
const looking = setInterval(() => (memory = Math.max(memory, process.memoryUsage().rss)), 50);

/** How long the deadline of a push is, and how long anything else may take before it counts as lost, in ms. */
const deliveryTimeout = 1000;
const patience = 60_000;

const plain: Sasl = { mechanism: 'plain', username: 'u', password: new Secret('p') };
const scram: Sasl = { mechanism: 'scram-sha-256', username: 'u', password: new Secret('p') };
const record = { topic, key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestamp: 0 };

function options(): ClientOptions {
  const login = random();
  return {
    ...clientOptions,
    brokers: [broker.address],
    connectTimeout: 1000,
    requestTimeout: 1000,
    ackTimeout: 1000,
    sasl: login < 0.2 ? plain : login < 0.3 ? scram : undefined,
    idempotent: random() < 0.5,
    acks: random() < 0.1 ? 0 : -1,
    autoCreateTopics: false,
  };
}

/** What fails has to fail with a `KafkaError`, and what does not answer in time is lost. */
async function attempt(what: string, work: () => Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<'late'>();
  const timer = setTimeout(resolve, patience, 'late');
  try {
    if ((await Promise.race([work(), late])) === 'late') faults.push(`${what}: no answer`);
  } catch (thrown) {
    if (!(thrown instanceof KafkaError)) faults.push(`${what}: ${String(thrown)}`);
  } finally {
    clearTimeout(timer);
  }
}

async function produceAndAsk(): Promise<void> {
  const client = await createClient(kind, options(), () => undefined);
  for (let left = 100; left > 0 && !done(); left--) {
    await attempt('layout', () => client.layout(topic));
    const slices = [0, 1, 2].map((partition) => ({ topic, partition, records: [record] }));
    await attempt('produce', async () => {
      const outcomes = await client.produce(slices);
      if (outcomes.length !== slices.length) faults.push(`${outcomes.length} outcomes of ${slices.length}`);
    });
  }
  await attempt('close', () => client.close());
}

async function setUp(): Promise<void> {
  const admin = await createAdmin(kind, options());
  const spec = { name: topic, numPartitions: 1, replicationFactor: 1, configEntries: {} };
  for (let left = 20; left > 0 && !done(); left--) {
    await attempt('describeTopic', () => admin.describeTopic(topic));
    await attempt('createTopic', () => admin.createTopic(spec, { validateOnly: true }));
    await attempt('topicConfig', () => admin.topicConfig(topic));
  }
  await attempt('close', () => admin.close());
}

async function inspect(): Promise<void> {
  const inspector = await createInspector(options());
  await attempt('reach', () => inspector.reach(broker.address));
  for (let left = 20; left > 0 && !done(); left--) {
    await attempt('cluster', () => inspector.cluster());
    await attempt('topic', () => inspector.topic(topic));
    await attempt('topicConfig', () => inspector.topicConfig(topic));
  }
  await attempt('close', () => inspector.close());
}

async function read(): Promise<void> {
  const { reader, bookmarks } = await createReader(options());
  await attempt('offsets', () => reader.offsets(topic, 'first'));
  const from = new Map([0, 1, 2].map((partition) => [partition, 0n]));
  const until = new Map([0, 1, 2].map((partition) => [partition, 4n]));
  await attempt('read', async () => {
    const signal = AbortSignal.timeout(1000);
    for await (const portion of reader.read(topic, from, { until, signal, patience: 100 })) void portion;
  });
  await attempt('find', () => bookmarks.find(group, topic, [0, 1, 2]));
  await attempt('keep', () => bookmarks.keep(group, topic, new Map([[0, { offset: 1n, note: 'n' }]])));
  await attempt('close', () => reader.close());
}

async function push(): Promise<void> {
  const { idempotent, acks } = options();
  const flow = await runFlow({
    kafka: {
      client: kind,
      topic,
      brokers: [broker.address],
      idempotent,
      acks,
      connectionTimeout: 100,
      requestTimeout: 1000,
      deliveryTimeout,
      retry: { initialRetryTime: 20, maxRetryTime: 100, retries: 1000 },
    },
  });
  for (let left = 5; left > 0; left--)
    await Promise.all(
      Array.from({ length: 10 }, async (_, id) => {
        const startedAt = performance.now();
        const { failed } = await flow.push(event({ id: String(id), name: `page view${id}` }));
        const { error } = failed?.kafka ?? {};
        const code = failed === undefined || failed.kafka === undefined ? 'stored' : codeOf(error);
        told[code] = (told[code] ?? 0) + 1;
        pushes += 1;
        longestPush = Math.max(longestPush, performance.now() - startedAt);
      }),
    );
  await attempt('stop', () => flow.stop());
}

function codeOf(error: unknown): string {
  if (error instanceof KafkaError) return error.code;
  faults.push(`push: ${String(error)}`);
  return 'no KafkaError';
}

function done(): boolean {
  return broker.total >= Number(wanted) || faults.length >= 10;
}

async function repeat(work: () => Promise<void>): Promise<void> {
  while (!done()) {
    await work();
    await sleep(0);
  }
}

const askers = Array.from({ length: 16 }, () => repeat(produceAndAsk));
const readers = kind === 'platformatic' ? [inspect, inspect, read, read, read, read].map(repeat) : [];
await Promise.all([...askers, ...readers, ...[setUp, setUp, setUp].map(repeat), repeat(push), repeat(push)]);
clearInterval(looking);
broker.close();
const report: FuzzReport = {
  answers: Object.fromEntries(broker.answers),
  pushes,
  told,
  longestPush: Math.round(longestPush),
  faults,
  memory: Math.round(memory / 1024 / 1024),
};
console.log(JSON.stringify(report));
