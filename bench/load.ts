export interface LoadOptions {
  readonly events: number;
  /** How many may be unanswered at a time. */
  readonly inFlight: number;
  /** Start no more after this long. */
  readonly limitMs: number;
}

/**
 * Keeps a number of events in flight. It refills once per turn of the event loop and not from within an answer: a chain
 * of promises alone would starve timers and sockets, and the rows with neither would look better than they are.
 */
export class Load {
  readonly #options: LoadOptions;
  readonly #start: (index: number, load: Load) => void;
  #started = 0;
  #open = 0;
  #scheduled = false;
  #deadline = Infinity;
  #resolve: (events: number) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  /** @param start begins one event, which later calls `answered`, or `fail` */
  constructor(options: LoadOptions, start: (index: number, load: Load) => void) {
    this.#options = options;
    this.#start = start;
  }

  /** Resolves once all are answered, to how many that were. */
  run(): Promise<number> {
    this.#deadline = performance.now() + this.#options.limitMs;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#refill();
    });
  }

  answered(count = 1): void {
    this.#open -= count;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#refill());
  }

  readonly fail = (error: unknown): void => {
    this.#reject(error);
  };

  #refill(): void {
    this.#scheduled = false;
    const { events, inFlight } = this.#options;
    const over = performance.now() >= this.#deadline;
    while (!over && this.#open < inFlight && this.#started < events) {
      this.#open++;
      this.#start(this.#started++, this);
    }
    if (this.#open === 0) this.#resolve(this.#started);
  }
}
