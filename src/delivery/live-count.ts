import { atMost, type Clock } from './clock.ts';

/** How many records are alive, and a word to who waits for the last. */
export class LiveCount {
  #count = 0;
  #onNone: (() => void) | undefined;

  get count(): number {
    return this.#count;
  }

  get any(): boolean {
    return this.#count > 0;
  }

  oneMore(): void {
    this.#count++;
  }

  oneLess(): void {
    this.#count--;
    if (this.#count === 0) this.#onNone?.();
  }

  /** Resolves when there is none any more, at the latest after `timeout` milliseconds. */
  none(timeout: number, clock: Clock): Promise<void> {
    return this.any ? atMost(clock, timeout, (done) => (this.#onNone = done)) : Promise.resolve();
  }
}
