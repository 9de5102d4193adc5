/**
 * What is believed of a throttle time, in milliseconds. Kafka's quotas span 11 s unless configured otherwise; an answer that is
 * damaged may say 24 days.
 */
const longest = 60_000;

/**
 * How long the broker does not read from a connection: a quota is used up. Since Kafka 2.0 (KIP-219) it answers at once and
 * says so; a request that leaves meanwhile lies unread until it times out, its fate unknown, and is sent twice.
 */
export class Throttle {
  readonly #waiting = new Set<() => void>();
  #until = 0;
  #ended = false;

  /** @param time of an answer, in milliseconds */
  extend(time: number): void {
    // Not the wall clock: set back by an hour, it would keep the connection for that hour.
    this.#until = Math.max(this.#until, performance.now() + Math.min(time, longest));
  }

  /** Resolves when the broker reads again, or the connection has ended. Not part of any time-out of a request. */
  async over(): Promise<void> {
    for (let left = this.#left(); left > 0; left = this.#left()) await this.#pause(left);
  }

  /** The connection has ended. */
  end(): void {
    this.#ended = true;
    for (const wake of this.#waiting) wake();
  }

  #left(): number {
    return this.#ended ? 0 : this.#until - performance.now();
  }

  #pause(time: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, time);
      this.#waiting.add(wake);
    });
  }
}
