import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaError } from '../../../src/model/errors.ts';
import { Secret } from '../../../src/model/secret.ts';
import { systemClock } from '../../../src/producer/ports.ts';
import { ProducerState } from '../../../src/producer/producer-state.ts';
import { createAdmin, createClient, createInspector, createReader } from '../../../src/transport/create.ts';
import type { ClientOptions, Sasl } from '../../../src/transport/port.ts';
import { randomOf } from '../../chaos/random.ts';
import { clientOptions } from '../../support/client-options.ts';
import { event, runFlow } from '../../support/flow.ts';
import { fence } from './fence.ts';
import { group, topic } from './good-answers.ts';
import { spoilingBroker, type AnswerCount, type SpoilingBroker } from './spoiling-broker.ts';

/**
 * Everything that asks a broker anything, against brokers that spoil about a third of their answers, until they have given so many.
 * Nothing is guarded: an error that nobody catches ends the process. Prints a `FuzzReport` as JSON.
 *
 * Many short lives at a time, each with a broker and random numbers of its own, so that a life can be had again:
 *
 *     node process.ts platformatic 4242 50000
 *     node process.ts platformatic 4242 50000 17
 */
export interface FuzzReport {
  /** By Kafka's number of the request. */
  readonly spoilt: Readonly<Record<string, number>>;
  /** Answers in all, spoilt or not. */
  readonly answers: number;
  readonly lives: number;
  readonly pushes: number;
  /** By what it was told: `stored`, or the code of its error. */
  readonly told: Readonly<Record<string, number>>;
  /** The longest that a push was told after its deadline, in ms. */
  readonly latestPush: number;
  /** What took longer than anything may take, or failed with something else than a `KafkaError`. */
  readonly faults: readonly string[];
  /** The most that the process held in memory (RSS), in MB. */
  readonly memory: number;
  /** How long it took, in ms. */
  readonly time: number;
}

const [kind = 'platformatic', seed = '1', wanted = '1000', only] = process.argv.slice(2) as [
  ('platformatic' | 'kafkajs')?,
  string?,
  string?,
  string?,
];
const count: AnswerCount = { spoilt: new Map(), good: new Map() };
const ports = new Set<number>();
const faults: string[] = [];
const told: Record<string, number> = {};
let lives = 0;
let pushes = 0;
let latestPush = 0;
let memory = 0;
const startedAt = performance.now();
fence(ports);
const looking = setInterval(() => (memory = Math.max(memory, process.memoryUsage().rss)), 50);

/** First come lives of whole destinations, until they have had such a part of the answers; then those of callers. */
const destinations = { atATime: 16, part: 0.03 };
const callersAtATime = 100;
/** Of a push, in milliseconds. */
const deliveryTimeout = 1000;
/** A call that takes longer is left, and has to end when its client is closed. A throttled one may wait a minute. Milliseconds. */
const limitMs = 2000;
/** What a closed client may still take to end a call on a busy machine, in milliseconds. */
const ending = 15_000;

const plain: Sasl = { mechanism: 'plain', username: 'u', password: new Secret('p') };
const scram: Sasl = { mechanism: 'scram-sha-256', username: 'u', password: new Secret('p') };
const record = { topic, key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestamp: 0 };
const template = [0, 1, 2].map((partition) => ({ topic, partition, records: [record] }));

/** One client against one broker, from its start to its end. */
class Life {
  readonly random: () => number;
  readonly broker: SpoilingBroker;
  readonly #name: string;
  /** What was called, and its end. */
  readonly #calls = new Map<Promise<void>, string>();
  #hangs = false;

  constructor(name: string, random: () => number, broker: SpoilingBroker) {
    this.#name = name;
    this.random = random;
    this.broker = broker;
  }

  options(): ClientOptions {
    const login = this.random();
    return {
      ...clientOptions,
      brokers: [this.broker.address],
      connectTimeout: 300,
      requestTimeout: 300,
      ackTimeout: 300,
      sasl: login < 0.15 ? plain : login < 0.2 ? scram : undefined,
      acks: this.random() < 0.1 ? 0 : -1,
      autoCreateTopics: false,
    };
  }

  /** Calls one after another, in rounds, until there were so many or one of them hangs. */
  async rounds(most: number, calls: Readonly<Record<string, () => Promise<unknown>>>): Promise<void> {
    for (let round = 0; round < most && !isDone(); round++)
      for (const [what, call] of Object.entries(calls)) {
        if (this.#hangs) return;
        await this.attempt(what, call);
      }
  }

  /** What fails has to fail with a `KafkaError`. */
  async attempt(what: string, call: () => Promise<unknown>): Promise<void> {
    const ended = this.#watched(what, call);
    this.#calls.set(ended, what);
    void ended.then(() => this.#calls.delete(ended));
    this.#hangs = !(await within(limitMs, ended));
  }

  /** What is closed has to end, and so has everything that was asked of it. */
  async close(close: () => Promise<unknown>): Promise<void> {
    const closed = this.#watched('close', close);
    if (!(await within(ending, closed))) this.fault('close does not end');
    await within(ending, Promise.all(this.#calls.keys()));
    for (const what of this.#calls.values()) this.fault(`${what} does not end after close`);
  }

  fault(what: string): void {
    faults.push(`${this.#name}: ${what}`);
    // Also where the process is ended before its report.
    console.error(faults.at(-1));
  }

  async #watched(what: string, call: () => Promise<unknown>): Promise<void> {
    try {
      await call();
    } catch (thrown) {
      if (!(thrown instanceof KafkaError)) this.fault(`${what}: ${stackOf(thrown)}`);
    }
  }
}

async function produceAndAsk(life: Life): Promise<void> {
  const client = await createClient(kind, life.options());
  const producer = new ProducerState(client, systemClock, { idempotent: life.random() < 0.5 });
  const batches = template.map((batch) => ({ ...batch }));
  await life.rounds(30, {
    metadata: () => client.metadata(topic),
    produce: async () => {
      const outcomes = await producer.produce(batches);
      if (outcomes.length !== batches.length) life.fault(`${outcomes.length} outcomes of ${batches.length}`);
    },
  });
  await life.close(() => client.close());
}

async function setUp(life: Life): Promise<void> {
  const admin = await createAdmin(kind, life.options());
  const spec = { name: topic, numPartitions: 1, replicationFactor: 1, configEntries: {} };
  await life.rounds(10, {
    describeTopic: () => admin.describeTopic(topic),
    createTopic: () => admin.createTopic(spec, { validateOnly: true }),
    topicConfig: () => admin.topicConfig(topic),
  });
  await life.close(() => admin.close());
}

async function inspect(life: Life): Promise<void> {
  const inspector = await createInspector(life.options());
  await life.rounds(10, {
    reach: () => inspector.reach(life.broker.address),
    cluster: () => inspector.cluster(),
    topic: () => inspector.topic(topic),
    topicConfig: () => inspector.topicConfig(topic),
  });
  await life.close(() => inspector.close());
}

async function read(life: Life): Promise<void> {
  const { reader, offsetStore } = await createReader(life.options());
  const from = new Map([0, 1, 2].map((partition) => [partition, 0n]));
  const until = new Map([0, 1, 2].map((partition) => [partition, 4n]));
  await life.rounds(5, {
    offsets: () => reader.offsets(topic, 'first'),
    read: async () => {
      const signal = AbortSignal.timeout(500);
      for await (const batch of reader.read(topic, from, { until, signal, troubleTimeout: 100 })) void batch;
    },
    find: () => offsetStore.fetch(group, topic, [0, 1, 2]),
    keep: () => offsetStore.commit(group, topic, new Map([[0, { offset: 1n, note: 'n' }]])),
  });
  await life.close(() => reader.close());
}

async function push(life: Life): Promise<void> {
  const acks = life.random() < 0.1 ? 0 : -1;
  const idempotent = acks === -1 && life.random() < 0.5;
  const flow = await runFlow({
    kafka: {
      client: kind,
      topic,
      brokers: [life.broker.address],
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
        // A timer of its own, so that what a busy machine is late does not count against the push.
        let deadline: number | undefined;
        const timer = setTimeout(() => (deadline = performance.now()), deliveryTimeout);
        const { failed } = await flow.push(event({ id: String(id), name: `page view${id}` }));
        clearTimeout(timer);
        const error = failed?.kafka?.error;
        if (failed?.kafka !== undefined && !(error instanceof KafkaError))
          life.fault(`push: ${stackOf(error)}`);
        const fate = error instanceof KafkaError ? error.code : 'stored';
        told[fate] = (told[fate] ?? 0) + 1;
        pushes += 1;
        if (deadline !== undefined) latestPush = Math.max(latestPush, performance.now() - deadline);
      }),
    );
  await life.close(() => flow.stop());
}

/** False where it takes longer. */
async function within(time: number, ended: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(resolve, time, false);
  const inTime = await Promise.race([ended.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}

function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? String(thrown.stack) : String(thrown);
}

function sum(answers: ReadonlyMap<number, number>): number {
  return [...answers.values()].reduce((total, answer) => total + answer, 0);
}

function isDone(part = 1): boolean {
  return (
    only === undefined &&
    (sum(count.spoilt) + sum(count.good) >= part * Number(wanted) || faults.length >= 10)
  );
}

const callers =
  kind === 'platformatic'
    ? [produceAndAsk, produceAndAsk, produceAndAsk, setUp, inspect, read, read]
    : [produceAndAsk, produceAndAsk, produceAndAsk, setUp];

async function live(number: number, isDestination: boolean): Promise<void> {
  const random = randomOf(Number(seed) + number * 7919);
  const caller = callers[Math.floor(random() * callers.length)] ?? produceAndAsk;
  const work = isDestination ? push : caller;
  const broker = await spoilingBroker(random, count);
  ports.add(broker.port);
  await work(new Life(`life ${number}, ${work.name}`, random, broker));
  ports.delete(broker.port);
  broker.close();
}

/** Destinations have even numbers, callers odd ones. */
async function liveOn(isDestination: boolean, part: number): Promise<void> {
  while (!isDone(part)) {
    await live(2 * lives++ + (isDestination ? 0 : 1), isDestination);
    await sleep(0);
  }
}

if (only === undefined) {
  const { atATime, part } = destinations;
  await Promise.all(Array.from({ length: atATime }, () => liveOn(true, part)));
  await Promise.all(Array.from({ length: callersAtATime }, () => liveOn(false, 1)));
} else await live(Number(only), Number(only) % 2 === 0);
clearInterval(looking);
const report: FuzzReport = {
  spoilt: Object.fromEntries(count.spoilt),
  answers: sum(count.spoilt) + sum(count.good),
  lives,
  pushes,
  told,
  latestPush: Math.round(latestPush),
  faults,
  memory: Math.round(memory / 1024 / 1024),
  time: Math.round(performance.now() - startedAt),
};
console.log(JSON.stringify(report));
