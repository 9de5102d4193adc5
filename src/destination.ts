import type { Destination } from '@walkeros/core';
import { resolveOptions, type Resolved } from './options/resolve.ts';
import { resolveSetup } from './options/resolve-setup.ts';
import { provision } from './provision.ts';
import { buildRecord, hasTimestamp } from './record/build.ts';
import { openRuntime, type Runtime } from './runtime.ts';
import type { KafkaHealth } from './telemetry/health.ts';
import { nothingDone } from './setup/setup.ts';
import type { Types } from './types.ts';
import { Unopened } from './unopened.ts';
import { KafkaError, reasonOf } from './vocabulary/errors.ts';
import type { KafkaRecord } from './vocabulary/record.ts';
import { within } from './within.ts';

type Context = Pick<Destination.Context<Types>, 'id' | 'config' | 'env' | 'logger' | 'reportError'>;
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
  async setup({ id, config, env, logger }) {
    const { options } = resolved({ id, config, env, logger });
    const setup = resolveSetup(config.setup, options, { id, mapping: config.mapping });
    if (setup === undefined) return nothingDone;
    for (const warning of setup.warnings) logger.warn(warning);
    return provision(setup.plan, options, logger);
  },

  /**
   * Checks the settings and connects. Only settings that cannot work make it throw: the collector then answers pushes
   * with `ok` and loses their events. What may be mended meanwhile is told, and each push tries it again.
   */
  async init(context) {
    try {
      const runtime = await open(context);
      await runtime.connect();
    } catch (thrown) {
      if (thrown instanceof KafkaError && thrown.code === 'SETTINGS_INVALID') throw thrown;
      context.logger.error(`${reasonOf(thrown)} Pushes fail until then.`);
    }
  },

  /** Resolves once the broker has acknowledged the event under `acks`; throws or rejects with a `KafkaError` otherwise. */
  push(event, context) {
    const entry = { event, data: context.data, rule: context.rule, ingest: context.ingest };
    const runtime = find(context)?.opened;
    return runtime ? deliver(entry, runtime) : running(context).then((opened) => deliver(entry, opened));
  },

  /** Sends the batch as one burst. Names exactly the events that failed, by their index. */
  async pushBatch(batch, context) {
    const runtime = await running(context);
    const failed: Destination.BatchFailure[] = [];
    const records: KafkaRecord[] = [];
    const indexes: number[] = [];
    batch.entries.forEach((entry, index) => {
      try {
        records.push(recordOf(entry, runtime, false));
        indexes.push(index);
      } catch (error) {
        failed.push({ index, error });
      }
    });
    const errors = await runtime.delivery.sendAll(records);
    errors.forEach((error, position) => {
      const index = indexes[position];
      if (error && index !== undefined) failed.push({ index, error });
    });
    return { failed };
  },

  /** Sends what waits and closes, within five seconds. Safe twice, and where `init` never ran. */
  async destroy(context) {
    const failed = unopened.remove(context);
    const slot = find(context);
    // Late pushes would begin it anew.
    if (failed && !slot) remember(context, closedSlot(context.id));
    if (!slot) return;
    slot.destroyed = true;
    // One that is still being opened, most likely in vain, is closed by itself where that succeeds too late.
    const opening = slot.runtime.catch(() => undefined);
    const runtime = await within(openingTimeout, opening);
    if (!runtime) return;
    await runtime.close();
    living.delete(runtime);
  },
};

/**
 * How the Kafka destinations of this process fare, one for each that has begun, well or not: walkerOS begins a destination
 * with its first event, and before it the list is empty. Asks no broker and waits for nothing.
 *
 * @example
 * createServer((_request, response) => {
 *   const healths = kafkaHealth();
 *   const ready = healths.every(({ connected }) => connected);
 *   response.writeHead(ready ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify(healths));
 * });
 */
export function kafkaHealth(): KafkaHealth[] {
  return [...[...living].map((runtime) => runtime.health()), ...unopened.healths()];
}

const living = new Set<Runtime>();
const unopened = new Unopened();

/** Of the five seconds that `destroy` has, for a runtime that is being opened just then. Milliseconds. */
const openingTimeout = 4_000;

/** A configured destination's runtime. `destroyed` stays, so that late pushes are told so; `init` may begin anew. */
interface Slot {
  readonly runtime: Promise<Runtime>;
  /** The same once it is there, so that a push need not wait a turn for it. */
  opened: Runtime | undefined;
  destroyed: boolean;
}

const slots = new WeakMap<object, Map<string, Slot>>();

/**
 * Opens the runtime of a configured destination: once for all who ask, for walkerOS runs `init` as often as there are
 * first pushes. After a `destroy` it opens a new one.
 * @param spoolPatience how long another owner of the spool may take to end, in ms; default: as long as `destroy` may take
 * @throws KafkaError SETTINGS_INVALID that lists every problem by its path
 */
async function open(context: Context, spoolPatience?: number): Promise<Runtime> {
  const { id, env, logger, reportError } = context;
  const slot = find(context);
  if (slot && !slot.destroyed) return slot.runtime;

  const { options, warnings } = resolvedToOpen(context);
  if (!unopened.has(context)) for (const warning of warnings) logger.warn(warning);
  const runtime = openRuntime(options, { id, env, logger, reportError, spoolPatience });
  const opening: Slot = { runtime, opened: undefined, destroyed: false };
  remember(context, opening);
  runtime.then(
    (opened) => {
      opening.opened = opened;
      if (opening.destroyed) return void opened.close();
      living.add(opened);
      unopened.remove(context);
    },
    (thrown: unknown) => {
      // Somebody may have begun anew meanwhile.
      if (find(context) !== opening || opening.destroyed) return;
      forget(context);
      unopened.add(context, thrown, options.bufferMemory, () => retry(context));
    },
  );
  return runtime;
}

/** As a push would, but that nobody waits for it: it comes again soon enough. */
function retry(context: Context): void {
  open(context, 0)
    .then((runtime) => runtime.connect())
    .catch(() => undefined);
}

function resolvedToOpen(context: Context): Resolved {
  try {
    return resolved(context);
  } catch (thrown) {
    unopened.add(context, thrown, 0, () => undefined);
    throw thrown;
  }
}

/** Says what is wrong in the log as well: of an `init` that throws, the walkerOS CLI shows only that it did. */
function resolved({ config, logger }: Context): Resolved {
  const { settings, timeout, mapping } = config;
  try {
    return resolveOptions(settings, { collectorTimeout: timeout, mapping });
  } catch (thrown) {
    if (!faulty.has(config)) logger.error(reasonOf(thrown));
    faulty.add(config);
    throw thrown;
  }
}

/** Configurations whose faults were told, for `init` runs once for each of the first pushes. */
const faulty = new WeakSet<Context['config']>();

/** The runtime for a push; one that was destroyed refuses by itself. */
function running(context: Context): Promise<Runtime> {
  return find(context)?.runtime ?? open(context);
}

function find({ id, config }: Pick<Context, 'id' | 'config'>): Slot | undefined {
  return config.settings && slots.get(config.settings)?.get(id);
}

function remember({ id, config }: Context, slot: Slot): void {
  if (!config.settings) return;
  const siblings = slots.get(config.settings) ?? new Map<string, Slot>();
  slots.set(config.settings, siblings.set(id, slot));
}

/** Of a destination that is no more, and never was open. */
function closedSlot(id: string): Slot {
  const message = `The Kafka destination "${id}" is closed; the event was not sent.`;
  const runtime = Promise.reject<Runtime>(new KafkaError('DESTINATION_CLOSED', message));
  // Only late pushes look at it.
  runtime.catch(() => undefined);
  return { runtime, opened: undefined, destroyed: true };
}

/** A runtime that could not be opened is no runtime: the next push tries again. */
function forget({ id, config }: Context): void {
  if (config.settings) slots.get(config.settings)?.delete(id);
}

/** Not an async function: at 20,000 events a second each promise and turn of the microtask queue shows. */
function deliver(entry: Entry, runtime: Runtime): Promise<void> {
  return runtime.delivery.send(recordOf(entry, runtime, true));
}

/**
 * @param pushed made in the course of the event's own push, not of a batch's
 * @throws KafkaError EVENT_NOT_SERIALIZABLE, for this event alone
 */
function recordOf({ event, data, rule, ingest }: Entry, runtime: Runtime, pushed: boolean): KafkaRecord {
  const { recordSettings, notify, mark } = runtime;
  if (!hasTimestamp(event)) {
    notify({ kind: 'timestamp-replaced', event: event.name, timestamp: String(event.timestamp) });
  }
  let record: KafkaRecord;
  try {
    record = buildRecord(event, data, rule?.settings, recordSettings, Date.now());
  } catch (thrown) {
    const topic = rule?.settings?.topic ?? recordSettings.topic;
    if (thrown instanceof KafkaError) notify({ kind: 'rejected', topic, error: thrown });
    throw thrown;
  }
  return mark === undefined ? record : mark(record, { event, ingest, pushed });
}
