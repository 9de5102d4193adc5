import type { Clock } from './clock.ts';
import type { Lane } from './lane.ts';

/** The pauses that lanes are having. */
export class Rests {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #over: (lane: Lane) => void;
  readonly #cancels = new Set<() => void>();

  constructor(clock: Pick<Clock, 'after'>, over: (lane: Lane) => void) {
    this.#clock = clock;
    this.#over = over;
  }

  begin(lane: Lane, pause: number): void {
    lane.resting = true;
    const cancel = this.#clock.after(pause, () => {
      this.#cancels.delete(cancel);
      lane.resting = false;
      this.#over(lane);
    });
    this.#cancels.add(cancel);
  }

  /** Ends them all, and nothing comes after them. */
  cancel(): void {
    for (const cancel of this.#cancels) cancel();
  }
}
