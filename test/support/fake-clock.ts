import type { Clock } from '../../src/producer/ports.ts';

interface Task {
  readonly at: number;
  readonly run: () => void;
}

/** Time that stands still until a test moves it. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #tasks: Task[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const task = { at: this.#now + ms, run };
    this.#tasks.push(task);
    return () => this.#remove(task);
  }

  /** How many tasks wait for their time. */
  get pending(): number {
    return this.#tasks.length;
  }

  soon(run: () => void): void {
    this.after(0, run);
  }

  /** Lets `ms` pass: runs what falls due, in order, and lets promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (let task = this.#next(end); task !== undefined; task = this.#next(end)) {
      this.#remove(task);
      this.#now = Math.max(this.#now, task.at);
      task.run();
      await settled();
    }
    this.#now = end;
  }

  #remove(task: Task): void {
    const index = this.#tasks.indexOf(task);
    if (index >= 0) this.#tasks.splice(index, 1);
  }

  /** They stand in the order they were asked for. */
  #next(end: number): Task | undefined {
    let next: Task | undefined;
    for (const task of this.#tasks)
      if (task.at <= end && (next === undefined || task.at < next.at)) next = task;
    return next;
  }
}

/** Lets every promise that can settle do so. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await Promise.resolve();
}
