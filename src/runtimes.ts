import type { Destination } from '@walkeros/core';
import { healthAddress, resolveOptions, type Resolved } from './config/resolve.ts';
import { setupPartitions } from './config/resolve-setup.ts';
import { openRuntime, type Runtime } from './runtime.ts';
import { answerHealth } from './telemetry/health-port.ts';
import type { KafkaHealth } from './telemetry/health.ts';
import { carefulLogger, createLog, logClock } from './telemetry/log.ts';
import { createMetering } from './telemetry/meter.ts';
import type { Types } from './types.ts';
import { KafkaError, reasonOf } from './model/errors.ts';
import { isObject, within } from './model/foreign.ts';

type Context = Pick<Destination.Context<Types>, 'id' | 'config' | 'env' | 'logger' | 'reportError'>;
/** All that walkerOS hands to `init`, to each push and to `destroy` alike. */
type Owner = Pick<Context, 'id' | 'config'>;

class DestinationState {
  /** Of its runtime. One that failed is none, so that the next push tries again; but settings that cannot work stay refused. */
  opening: Opening | undefined;
  /** Of the last opening, until one succeeds or the destination is gone. */
  failure: Failure | undefined;
  /** Ends what metrics show of one that could not open; undefined where they show nothing. */
  endGauges: (() => void) | undefined;
  /** What the collector's limit for one push has to be, in ms. Undefined until the settings are found to be right. */
  collectorTimeout: number | undefined;
  /** Ends the answers of `settings.health`; undefined where nothing is answered. */
  endHealth: (() => void) | undefined;
}

interface Opening {
  readonly runtime: Promise<Runtime>;
  /** The same once it is there, so that a push need not wait a turn for it. */
  opened: Runtime | undefined;
  /** It stays, so that late pushes are told so; `init` may begin anew. */
  destroyed: boolean;
}

interface Failure {
  readonly health: KafkaHealth;
  readonly retry: NodeJS.Timeout | undefined;
}

/** Of the five seconds that `destroy` has, for a runtime that is being opened just then. Milliseconds. */
const openingTimeout = 4_000;
interface OpenOptions {
  /** How long another owner of the spool may take to end, in ms. Default: as long as `destroy` may take. */
  readonly spoolLockTimeout?: number;
  /** Whether the collector will take a `config.timeout` that `init` returns. Default: true. */
  readonly raisesTimeout?: boolean;
}

/** As often as a lost cluster is asked. Milliseconds. */
const retryEvery = 2_000;

/** The runtimes of a process, one for each configured destination, found by its settings object and its id. */
export class Runtimes {
  readonly #states = new WeakMap<object, Map<string, DestinationState>>();
  /** By configuration: an object for settings that are none. */
  readonly #standIns = new WeakMap<object, object>();
  readonly #open = new Set<Runtime>();
  /** A supervisor would take a destination that is not there for one that is well. */
  readonly #failures = new Set<Failure>();
  /** What is being opened, unless it failed before: nor must it look well. */
  readonly #starting = new Map<Opening, KafkaHealth>();
  readonly #healthsOfProcess: () => KafkaHealth[];

  /** @param healthsOfProcess what `settings.health` answers with */
  constructor(healthsOfProcess: () => KafkaHealth[]) {
    this.#healthsOfProcess = healthsOfProcess;
  }

  /** The runtime if it is open, or was until `close`: that one refuses by itself. */
  opened(owner: Owner): Runtime | undefined {
    return this.#find(owner)?.opening?.opened;
  }

  /** The runtime for a push of so many records. @throws KafkaError as `open`, DESTINATION_CLOSED */
  get(context: Context, records = 1): Promise<Runtime> {
    // A flow that sets `config.init` by itself never runs ours, and so never takes a longer timeout.
    const runtime = this.#find(context)?.opening?.runtime ?? this.open(context, { raisesTimeout: false });
    runtime.catch((thrown: unknown) =>
      createMetering(context.id)?.rejected(records, thrown instanceof KafkaError ? thrown : undefined),
    );
    return runtime;
  }

  /**
   * Opens the runtime of a configured destination: once for all who ask, for walkerOS runs `init` as often as there are first
   * pushes. After a `close` it opens a new one.
   * @throws KafkaError SETTINGS_INVALID that lists every problem by its path, SPOOL_…, or what the client is refused for
   */
  async open(context: Context, { spoolLockTimeout, raisesTimeout }: OpenOptions = {}): Promise<Runtime> {
    const { id, env, logger, reportError } = context;
    const state = this.#stateOf(context);
    if (state.opening?.destroyed === false) return state.opening.runtime;

    this.#answerHealth(context, state);
    const { options, warnings, collectorTimeout } = this.#settings(context, state, raisesTimeout);
    state.collectorTimeout = collectorTimeout;
    const guarded = carefulLogger(logger);
    if (state.failure === undefined) for (const warning of warnings) guarded.warn(warning);
    // Another owner of the spool was waited for once: a push that tries again must not wait as long a second time.
    const lockTimeout = spoolLockTimeout ?? (state.failure === undefined ? undefined : 0);
    const partitionsOf = env.kafka && setupPartitions(context.config.setup, options);
    const runtime = openRuntime(options, {
      id,
      env,
      logger,
      reportError,
      partitionsOf,
      spoolLockTimeout: lockTimeout,
    });
    const opening: Opening = { runtime, opened: undefined, destroyed: false };
    state.opening = opening;
    if (state.failure === undefined) this.#starting.set(opening, notOpen(id, options.bufferMemory));
    runtime.then(
      (opened) => {
        this.#starting.delete(opening);
        opening.opened = opened;
        if (opening.destroyed) return void opened.close();
        this.#open.add(opened);
        this.#recovered(state);
      },
      (thrown: unknown) => {
        this.#starting.delete(opening);
        // Somebody may have begun anew meanwhile.
        if (state.opening !== opening || opening.destroyed) return;
        state.opening = undefined;
        this.#failed(context, state, thrown, options.bufferMemory);
      },
    );
    return runtime;
  }

  /**
   * The configuration with which the collector goes on after `init`; undefined where it is right as it stands. It waits longer
   * than `deliveryTimeout`, and by its settings the destination can be found again.
   */
  initialized({ id, config }: Owner): Destination.Config<Types> | undefined {
    const siblings = this.#states.get(keyOf({ id, config }));
    const timeout = siblings?.get(id)?.collectorTimeout ?? config.timeout;
    if (siblings === undefined || (isObject(config.settings) && timeout === config.timeout)) return undefined;
    const initialized = { ...config, ...(timeout !== undefined && { timeout }) };
    if (isObject(config.settings)) return initialized;
    // The collector goes on with a copy of the configuration, which was the key so far.
    const settings = this.#standIns.get(config) ?? {};
    this.#standIns.set(config, settings);
    this.#states.set(settings, siblings);
    return Object.assign(initialized, { settings });
  }

  /** Safe twice, and where nothing was ever opened. One that is still being opened is closed where that succeeds too late. */
  async close(owner: Owner): Promise<void> {
    const state = this.#find(owner);
    if (state === undefined) return;
    this.#recovered(state);
    // Late pushes would begin it anew.
    state.opening ??= closed(owner.id);
    state.opening.destroyed = true;
    // `init` may begin anew meanwhile.
    const { endHealth } = state;
    state.endHealth = undefined;
    const { opening } = state;
    const runtime = await within(
      openingTimeout,
      opening.runtime.catch(() => undefined),
    );
    this.#starting.delete(opening);
    if (runtime) {
      await runtime.close();
      this.#open.delete(runtime);
    }
    endHealth?.();
  }

  healths(): KafkaHealth[] {
    return [
      ...[...this.#open].map((runtime) => runtime.health()),
      ...this.#starting.values(),
      ...[...this.#failures].map(({ health }) => health),
    ];
  }

  /** Settings that cannot work are told once, and refused to each push without being read again. */
  #settings(context: Context, state: DestinationState, raisesTimeout: boolean | undefined): Resolved {
    const { settings, timeout, mapping } = context.config;
    try {
      return resolveOptions(settings, { timeout, raisesTimeout, mapping });
    } catch (thrown) {
      // The walkerOS CLI shows of a command that throws only that it did, so the log names the problems as well.
      carefulLogger(context.logger).error(reasonOf(thrown));
      state.opening = failed(thrown);
      this.#failed(context, state, thrown);
      throw thrown;
    }
  }

  /** @param bufferMemory of its settings, in bytes; undefined where those cannot work, and so are not tried again */
  #failed(context: Context, state: DestinationState, thrown: unknown, bufferMemory?: number): void {
    const before = state.failure?.health.error?.message;
    this.#forgetFailure(state);
    const code = thrown instanceof KafkaError ? thrown.code : undefined;
    const message = reasonOf(thrown);
    const health = notOpen(context.id, bufferMemory, { code, message });
    const isFinal = bufferMemory === undefined;
    if (!isFinal && message !== before)
      carefulLogger(context.logger).error(`${message} Pushes fail until then.`);
    // An instance that is not ready gets no traffic, so no push would try it: a timer does.
    const retry = isFinal ? undefined : setTimeout(() => this.#retry(context), retryEvery).unref();
    state.failure = { health, retry };
    state.endGauges ??= createMetering(context.id)?.observe(() => state.failure?.health ?? health);
    this.#failures.add(state.failure);
  }

  /** As a push would, but that nobody waits for it: it comes again soon enough. */
  #retry(context: Context): void {
    this.open(context, { spoolLockTimeout: 0 })
      .then((runtime) => runtime.connect())
      .catch(() => undefined);
  }

  /** A simulation opens no port. */
  #answerHealth({ config, env, logger }: Context, state: DestinationState): void {
    const address = env.kafka === undefined ? healthAddress(config.settings) : undefined;
    if (address === undefined) return;
    const log = createLog(carefulLogger(logger), logClock);
    state.endHealth ??= answerHealth(address, this.#healthsOfProcess, log);
  }

  #recovered(state: DestinationState): void {
    this.#forgetFailure(state);
    state.endGauges?.();
    state.endGauges = undefined;
  }

  #forgetFailure(state: DestinationState): void {
    if (state.failure === undefined) return;
    clearTimeout(state.failure.retry);
    this.#failures.delete(state.failure);
    state.failure = undefined;
  }

  #find(owner: Owner): DestinationState | undefined {
    return this.#states.get(keyOf(owner))?.get(owner.id);
  }

  #stateOf(owner: Owner): DestinationState {
    const siblings = this.#states.get(keyOf(owner)) ?? new Map<string, DestinationState>();
    this.#states.set(keyOf(owner), siblings);
    const state = siblings.get(owner.id) ?? new DestinationState();
    siblings.set(owner.id, state);
    return state;
  }
}

function notOpen(id: string, limit = 0, error?: KafkaHealth['error']): KafkaHealth {
  return {
    id,
    ready: false,
    connected: false,
    ...(error && { error }),
    lastAcknowledgedAt: undefined,
    waiting: { records: 0, bytes: 0, limit },
    keyFallbacks: 0,
    spool: undefined,
  };
}

const keyOf = ({ config }: Owner): object => (isObject(config.settings) ? config.settings : config);

/** Of a destination that is no more, and never was open. */
function closed(id: string): Opening {
  const message = `The Kafka destination "${id}" is closed; the event was not sent.`;
  return { ...failed(new KafkaError('DESTINATION_CLOSED', message)), destroyed: true };
}

function failed(thrown: unknown): Opening {
  const runtime = Promise.reject<Runtime>(thrown instanceof Error ? thrown : new Error(reasonOf(thrown)));
  // Only pushes look at it.
  runtime.catch(() => undefined);
  return { runtime, opened: undefined, destroyed: false };
}
