/** Latencies of a span of time, a bounded sample of them: a second at full speed has thousands. */
export class Latencies {
  readonly #kept: number[] = [];
  readonly #most: number;
  readonly #random: () => number;
  #seen = 0;

  constructor(most = 1000, random: () => number = Math.random) {
    this.#most = most;
    this.#random = random;
  }

  add(milliseconds: number): void {
    this.#seen++;
    if (this.#kept.length < this.#most) {
      this.#kept.push(milliseconds);
      return;
    }
    // Each of those seen is kept with the same chance.
    const place = Math.floor(this.#random() * this.#seen);
    if (place < this.#most) this.#kept[place] = milliseconds;
  }

  /** Gives the median and the 99th percentile and forgets; null where there was nothing. */
  take(): { readonly p50: number | null; readonly p99: number | null } {
    const sorted = this.#kept.splice(0).sort((a, b) => a - b);
    this.#seen = 0;
    return { p50: at(sorted, 0.5), p99: at(sorted, 0.99) };
  }
}

const at = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
