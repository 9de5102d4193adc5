/** Time as delivery sees it, injected so that tests own it. Milliseconds. */
export interface Clock {
  now(): number;
  /** Runs `task` after `ms`; the returned function cancels it. */
  after(ms: number, task: () => void): () => void;
  /** Runs `task` once the current burst of work is through. */
  soon(task: () => void): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
  soon(task) {
    setImmediate(task);
  },
};

/** Resolves once the callback that `arm` is given is called, and after `ms` at the latest. */
export function atMost(clock: Clock, ms: number, arm: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    arm(() => {
      cancel();
      resolve();
    });
  });
}
