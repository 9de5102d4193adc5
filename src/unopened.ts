import type { KafkaHealth } from './telemetry/health.ts';
import { KafkaError, reasonOf } from './vocabulary/errors.ts';

/** Whose it is: what walkerOS hands to `init`, to each push and to `destroy` alike. */
interface Place {
  readonly id: string;
  readonly config: { readonly settings?: object };
}

interface Failed {
  readonly health: KafkaHealth;
  readonly retry: NodeJS.Timeout | undefined;
}

/** As often as a lost cluster is asked. Milliseconds. */
const retryEvery = 2_000;

/**
 * The destinations that could not be opened. They have no runtime, and must show nevertheless: a supervisor would take a
 * destination that is not there for one that is well.
 */
export class Unopened {
  readonly #failed = new Map<object, Map<string, Failed>>();

  /**
   * @param bufferMemory of its settings, in bytes, where they are known
   * @param retry opens it anew; settings that cannot work are never mended by that
   */
  add(place: Place, error: unknown, bufferMemory: number, retry: () => void): void {
    this.remove(place);
    const code = error instanceof KafkaError ? error.code : undefined;
    const health: KafkaHealth = {
      id: place.id,
      connected: false,
      error: { code, message: reasonOf(error) },
      lastAcknowledgedAt: undefined,
      waiting: { records: 0, bytes: 0, limit: bufferMemory },
      spool: undefined,
    };
    // Who is not ready gets no traffic, and so no push that would try it.
    const timer = code === 'SETTINGS_INVALID' ? undefined : setTimeout(retry, retryEvery).unref();
    const siblings = this.#failed.get(keyOf(place)) ?? new Map<string, Failed>();
    this.#failed.set(keyOf(place), siblings.set(place.id, { health, retry: timer }));
  }

  /**
   * It is open, or gone.
   * @returns whether it was here
   */
  remove(place: Place): boolean {
    const siblings = this.#failed.get(keyOf(place));
    clearTimeout(siblings?.get(place.id)?.retry);
    const found = siblings?.delete(place.id) ?? false;
    if (siblings?.size === 0) this.#failed.delete(keyOf(place));
    return found;
  }

  has(place: Place): boolean {
    return this.#failed.get(keyOf(place))?.has(place.id) ?? false;
  }

  healths(): KafkaHealth[] {
    return [...this.#failed.values()].flatMap((siblings) =>
      [...siblings.values()].map(({ health }) => health),
    );
  }
}

const keyOf = ({ config }: Place): object => config.settings ?? config;
