import type { Collector, Destination } from '@walkeros/core';
import { withCodeNotRun } from './config/mapping-values.ts';
import { resolveOptions } from './config/resolve.ts';
import { resolveSetup } from './config/resolve-setup.ts';
import { buildRecord, hasTimestamp } from './record/build.ts';
import { unresolvedRecord } from './record/resolve.ts';
import type { Runtime } from './runtime.ts';
import { Runtimes } from './runtimes.ts';
import type { KafkaHealth } from './telemetry/health.ts';
import { nothingDone, provision } from './setup/setup.ts';
import type { Config, Types } from './types.ts';
import { KafkaError } from './model/errors.ts';
import type { KafkaRecord } from './model/record.ts';
import { propertyOf, within } from './model/foreign.ts';

type Entry = Pick<Destination.BatchEntry<Types['mapping']>, 'event' | 'data' | 'rule' | 'ingest'>;

/**
 * The walkerOS destination for Apache Kafka.
 *
 * Its instance is shared by every flow of the process, so it holds no state of its own: what a configured destination
 * owns is found by its settings object and its id, which is all that walkerOS hands to `destroy`.
 *
 * @example
 * await startFlow({
 *   destinations: {
 *     kafka: {
 *       code: destinationKafka,
 *       config: { settings: { kafka: { brokers: ['kafka1:9092'], topic: 'walkeros-events' } } },
 *     },
 *   },
 * });
 */
export const destinationKafka: Destination.Instance<Types> = {
  type: 'kafka',
  config: {},

  /**
   * `walkeros setup destination.<id>`: creates the topics of `config.setup` and registers its schema. Safe to repeat;
   * what exists is compared, never changed.
   * @throws KafkaError SETTINGS_INVALID, or with what the broker or the registry answered
   */
  async setup({ id, config, logger }) {
    // Not logged as well: the walkerOS CLI prints what setup throws, and does so twice.
    const mapping = withCodeNotRun(config.mapping);
    const { options } = resolveOptions(withCodeNotRun(config.settings), { mapping });
    const setup = resolveSetup(config.setup, options, { id, mapping });
    if (setup === undefined) return nothingDone;
    for (const warning of setup.warnings) logger.warn(warning);
    return provision(setup.plan, options, logger);
  },

  /**
   * Checks the settings and connects: with the start of a flow, which does not wait for it. Never throws: the collector would
   * answer `ok` to every push from then on, and lose its event. What keeps the destination from opening is logged, shown by
   * `kafkaHealth()`, and rejects each push.
   * @returns the configuration with which the collector goes on, where its `timeout` has to be longer; false where it is to be
   *   called again with the first event
   */
  async init(context) {
    // `walkeros setup` runs `init` too, without a collector: it needs neither a connection nor the spool of a running flow.
    if (!('collector' in context)) return undefined;
    const beforeEvents = isBeforeEvents(context.collector);
    if (beforeEvents && keepsEventsBack(context.collector)) return false;
    const opening = runtimes.open(context).then((runtime) => runtime.connect());
    // What fails has been logged, and is told to each push.
    const opened = opening.catch(() => undefined);
    // The collector would take the start for an event, and count it.
    if (beforeEvents) return false;
    // Brokers that do not answer must not keep pushes from their deadline.
    await within(connectingTimeout, opened);
    return runtimes.initialized(context);
  },

  /**
   * Does nothing. For a destination that has it, walkerOS runs `init` when the flow starts: the first event finds the library
   * loaded and the brokers connected.
   */
  on() {},

  /**
   * Resolves once the broker has acknowledged the event under `acks`, or the spool or the dead-letter topic has it; throws or rejects
   * with a `KafkaError` otherwise.
   */
  push(event, context) {
    const entry = { event, data: context.data, rule: context.rule, ingest: context.ingest };
    const runtime = runtimes.opened(context);
    const { collector } = context;
    return runtime
      ? deliver(entry, runtime, collector)
      : runtimes.get(context).then((opened) => deliver(entry, opened, collector));
  },

  /** Sends the batch as one burst. Names exactly the events that failed, by their index. */
  async pushBatch(batch, context) {
    const runtime = await runtimes.get(context, batch.entries.length);
    const failed: Destination.BatchFailure[] = [];
    const records: KafkaRecord[] = [];
    const indexes: number[] = [];
    batch.entries.forEach((entry, index) => {
      try {
        records.push(recordOf(entry, runtime, context.collector, false));
        indexes.push(index);
      } catch (error) {
        failed.push({ index, error });
      }
    });
    const errors = await runtime.producer.sendAll(records);
    errors.forEach((error, position) => {
      const index = indexes[position];
      if (error && index !== undefined) failed.push({ index, error });
    });
    return { failed };
  },

  /** Sends what waits and closes, within five seconds. Safe twice, and where `init` never ran. */
  destroy(context) {
    return runtimes.close(context);
  },
};

/**
 * A Kafka destination for `startFlow` whose wrong settings do not compile. `startFlow` itself accepts any: it takes
 * `Destination.Init<any>`.
 *
 * @example
 * await startFlow({
 *   destinations: {
 *     kafka: kafkaDestination({
 *       settings: { kafka: { brokers: ['kafka1:9092', 'kafka2:9092'], topic: 'walkeros-events', key: 'user.id' } },
 *       mapping: { order: { complete: { settings: { topic: 'orders', key: 'data.id' } } } },
 *       setup: { numPartitions: 6, replicationFactor: 3, topics: { orders: {} } },
 *     }),
 *   },
 * });
 */
export function kafkaDestination(config: Config): { code: Destination.Instance<Types>; config: Config } {
  return { code: destinationKafka, config };
}

/**
 * How the Kafka destinations of this process fare, one for each that has begun, well or not: with the flow, or with the first
 * event that `config.consent` and `config.require` allow. Asks no broker and waits for nothing. It may be asked by `import` or by `require`, whichever the flow has its destination by.
 *
 * @example
 * createServer((_request, response) => {
 *   const healths = kafkaHealth();
 *   const ready = healths.every(({ ready }) => ready);
 *   response.writeHead(ready ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify(healths));
 * });
 */
export function kafkaHealth(): KafkaHealth[] {
  return [...copies].flatMap((healths) => healths());
}

/** A collector that does not say it counts as one with events: for them `init` must not answer false. */
function isBeforeEvents(collector: unknown): boolean {
  return propertyOf(propertyOf(collector, 'status'), 'in') === 0;
}

/** Of a flow that `walkeros push --simulate source.<id>` runs no event arrives, and nothing may connect. */
function keepsEventsBack(collector: unknown): boolean {
  return propertyOf(propertyOf(collector, 'hooks'), 'prePush') !== undefined;
}

/** How long the first pushes wait for a connection, on top of their deadline. Milliseconds. */
const connectingTimeout = 5_000;
const runtimes = new Runtimes(kafkaHealth);

/**
 * The health functions of all copies of this package in the process: `import`, `require` and a bundle each load one of their own.
 * A supervisor that asks one copy asks all: an empty list would look like a flow in which nothing has begun.
 */
const healthOfCopies = Symbol.for('walkeros-destination-kafka.health');
const shared = globalThis as { [healthOfCopies]?: Set<() => KafkaHealth[]> };
const copies = (shared[healthOfCopies] ??= new Set());
copies.add(() => runtimes.healths());

/** Not an async function: at 20,000 events a second each promise and turn of the microtask queue shows. */
function deliver(entry: Entry, runtime: Runtime, collector: Collector.Instance): Promise<void> {
  return runtime.producer.send(recordOf(entry, runtime, collector, true));
}

/**
 * @param pushed made in the course of the event's own push, not of a batch's
 * @throws KafkaError EVENT_NOT_SERIALIZABLE, KEY_MISSING, for this event alone
 */
function recordOf(
  entry: Entry,
  { shapeOf, prefixed, notify, attachTrace }: Runtime,
  collector: Collector.Instance,
  pushed: boolean,
): KafkaRecord {
  const { event, rule } = entry;
  if (!hasTimestamp(event)) {
    notify({ kind: 'timestamp-replaced', event: event.name, timestamp: String(event.timestamp) });
  }
  const shape = shapeOf(rule?.settings);
  const origin = attachTrace && { event, ingest: entry.ingest, pushed };
  try {
    if (shape.mapped === undefined) {
      const record = buildRecord(entry, Date.now(), shape, notify);
      return origin ? attachTrace(record, origin) : record;
    }
    const traced = origin && ((record: KafkaRecord) => attachTrace(record, origin));
    return unresolvedRecord(entry, Date.now(), shape, { collector, notify, prefixed, traced });
  } catch (thrown) {
    if (thrown instanceof KafkaError) notify({ kind: 'rejected', topic: shape.topic ?? '', error: thrown });
    throw thrown;
  }
}
