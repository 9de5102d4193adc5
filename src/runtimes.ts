import type { Destination } from '@walkeros/core';
import { checkedSettings } from './checked-settings.ts';
import type { Resolved } from './options/resolve.ts';
import { openRuntime, type Runtime } from './runtime.ts';
import type { KafkaHealth } from './telemetry/health.ts';
import type { Types } from './types.ts';
import { KafkaError, reasonOf } from './vocabulary/errors.ts';
import { within } from './within.ts';

type Context = Pick<Destination.Context<Types>, 'id' | 'config' | 'env' | 'logger' | 'reportError'>;
/** All that walkerOS hands to `init`, to each push and to `destroy` alike. */
type Owner = Pick<Context, 'id' | 'config'>;

/** What there is of one configured destination. */
interface Place {
  /** Of its runtime; one that failed is none, so that the next push tries again. */
  opening: Opening | undefined;
  /** Of the last opening, until one succeeds or the destination is gone. */
  failure: Failure | undefined;
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
/** As often as a lost cluster is asked. Milliseconds. */
const retryEvery = 2_000;

/** The runtimes of a process, one for each configured destination, found by its settings object and its id. */
export class Runtimes {
  readonly #places = new WeakMap<object, Map<string, Place>>();
  readonly #open = new Set<Runtime>();
  /** A supervisor would take a destination that is not there for one that is well. */
  readonly #failures = new Set<Failure>();

  /** The runtime if it is open, or was until `close`: that one refuses by itself. */
  opened(owner: Owner): Runtime | undefined {
    return this.#find(owner)?.opening?.opened;
  }

  /** The runtime for a push. @throws KafkaError as `open`, DESTINATION_CLOSED */
  get(context: Context): Promise<Runtime> {
    return this.#find(context)?.opening?.runtime ?? this.open(context);
  }

  /**
   * Opens the runtime of a configured destination: once for all who ask, for walkerOS runs `init` as often as there are first
   * pushes. After a `close` it opens a new one.
   * @param spoolPatience how long another owner of the spool may take to end, in ms; default: as long as `destroy` may take
   * @throws KafkaError SETTINGS_INVALID that lists every problem by its path, SPOOL_…, or what the client is refused for
   */
  async open(context: Context, spoolPatience?: number): Promise<Runtime> {
    const { id, env, logger, reportError } = context;
    const place = this.#placeOf(context);
    if (place.opening?.destroyed === false) return place.opening.runtime;

    const { options, warnings } = this.#settings(context, place);
    if (place.failure === undefined) for (const warning of warnings) logger.warn(warning);
    // Another owner of the spool was waited for once: a push that tries again must not wait as long a second time.
    const patience = spoolPatience ?? (place.failure === undefined ? undefined : 0);
    const runtime = openRuntime(options, { id, env, logger, reportError, spoolPatience: patience });
    const opening: Opening = { runtime, opened: undefined, destroyed: false };
    place.opening = opening;
    runtime.then(
      (opened) => {
        opening.opened = opened;
        if (opening.destroyed) return void opened.close();
        this.#open.add(opened);
        this.#recovered(place);
      },
      (thrown: unknown) => {
        // Somebody may have begun anew meanwhile.
        if (place.opening !== opening || opening.destroyed) return;
        place.opening = undefined;
        this.#failed(context, place, thrown, options.bufferMemory);
      },
    );
    return runtime;
  }

  /** Safe twice, and where nothing was ever opened. One that is still being opened is closed where that succeeds too late. */
  async close(owner: Owner): Promise<void> {
    const place = this.#find(owner);
    if (place === undefined) return;
    this.#recovered(place);
    // Late pushes would begin it anew.
    place.opening ??= closed(owner.id);
    place.opening.destroyed = true;
    const opening = place.opening.runtime.catch(() => undefined);
    const runtime = await within(openingTimeout, opening);
    if (!runtime) return;
    await runtime.close();
    this.#open.delete(runtime);
  }

  healths(): KafkaHealth[] {
    return [
      ...[...this.#open].map((runtime) => runtime.health()),
      ...[...this.#failures].map(({ health }) => health),
    ];
  }

  #settings(context: Context, place: Place): Resolved {
    try {
      return checkedSettings(context);
    } catch (thrown) {
      this.#failed(context, place, thrown, 0);
      throw thrown;
    }
  }

  /** @param bufferMemory of its settings, in bytes, where they are known */
  #failed(context: Context, place: Place, thrown: unknown, bufferMemory: number): void {
    this.#recovered(place);
    const code = thrown instanceof KafkaError ? thrown.code : undefined;
    const health: KafkaHealth = {
      id: context.id,
      connected: false,
      error: { code, message: reasonOf(thrown) },
      lastAcknowledgedAt: undefined,
      waiting: { records: 0, bytes: 0, limit: bufferMemory },
      spool: undefined,
    };
    // Who is not ready gets no traffic, and so no push that would try it. Settings that cannot work are not mended by that.
    const retry =
      code === 'SETTINGS_INVALID' ? undefined : setTimeout(() => this.#retry(context), retryEvery).unref();
    place.failure = { health, retry };
    this.#failures.add(place.failure);
  }

  /** As a push would, but that nobody waits for it: it comes again soon enough. */
  #retry(context: Context): void {
    this.open(context, 0)
      .then((runtime) => runtime.connect())
      .catch(() => undefined);
  }

  #recovered(place: Place): void {
    if (place.failure === undefined) return;
    clearTimeout(place.failure.retry);
    this.#failures.delete(place.failure);
    place.failure = undefined;
  }

  #find(owner: Owner): Place | undefined {
    return this.#places.get(keyOf(owner))?.get(owner.id);
  }

  #placeOf(owner: Owner): Place {
    const siblings = this.#places.get(keyOf(owner)) ?? new Map<string, Place>();
    this.#places.set(keyOf(owner), siblings);
    const place = siblings.get(owner.id) ?? { opening: undefined, failure: undefined };
    siblings.set(owner.id, place);
    return place;
  }
}

const keyOf = ({ config }: Owner): object => config.settings ?? config;

/** Of a destination that is no more, and never was open. */
function closed(id: string): Opening {
  const message = `The Kafka destination "${id}" is closed; the event was not sent.`;
  const runtime = Promise.reject<Runtime>(new KafkaError('DESTINATION_CLOSED', message));
  // Only late pushes look at it.
  runtime.catch(() => undefined);
  return { runtime, opened: undefined, destroyed: true };
}
