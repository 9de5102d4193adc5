import type { Destination } from '@walkeros/core';

/** How long an acknowledgement is pretended to take. Milliseconds. */
export const sinkDelay = 5;

/** The collector's own cost: nothing is faster. */
export const noopSink: Destination.Instance = { type: 'noop', config: {}, push: () => undefined };

/** The ceiling for whatever waits for an answer. Node keeps timers of one duration in one list: cheap enough. */
export const delayedSink: Destination.Instance = {
  type: 'delayed',
  config: {},
  push: () => new Promise<void>((resolve) => setTimeout(resolve, sinkDelay)),
};

/**
 * The same, with the least that any destination of JSON must do besides: write the event, and keep the bytes until they are
 * acknowledged. What is lost from here on is a destination's own.
 */
export const jsonSink: Destination.Instance = {
  type: 'json',
  config: {},
  push: (event) => later(Buffer.from(JSON.stringify(event))),
};

/** `delayedSink` for batches. */
export const batchSink: Destination.Instance = {
  type: 'batch',
  config: {},
  push: () => undefined,
  pushBatch: () => new Promise<void>((resolve) => setTimeout(resolve, sinkDelay)),
};

/** `jsonSink` for batches. */
export const jsonBatchSink: Destination.Instance = {
  ...batchSink,
  pushBatch: ({ entries }) => later(entries.map(({ event }) => Buffer.from(JSON.stringify(event)))),
};

function later(kept: unknown, delay = sinkDelay): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(() => {
      void kept;
      resolve();
    }, delay);
  });
}

/**
 * `jsonSink` whose broker can be taken away: from then on it keeps the bytes of each event for a while, and lets it expire.
 * @param timeout milliseconds until it does
 */
export function expiringSink(timeout: number): {
  readonly code: Destination.Instance;
  readonly cut: () => void;
} {
  // One for all: it has a stack.
  const error = new Error('not acknowledged in time');
  let isCut = false;
  return {
    code: {
      type: 'expiring',
      config: {},
      push: async (event) => {
        const bytes = Buffer.from(JSON.stringify(event));
        await later(bytes, isCut ? timeout : sinkDelay);
        if (isCut) throw error;
      },
    },
    cut: () => void (isCut = true),
  };
}

/**
 * Acknowledges as a log does that has one group of records out at a time: what comes meanwhile is the next group. It does nothing
 * else, so that nothing with one request out for each partition can be faster.
 * @param roundTrip milliseconds that a group is out
 */
export function groupSink(roundTrip: number): Destination.Instance {
  let waiting: (() => void)[] = [];
  let isOut = false;
  const sendAll = (): void => {
    const group = waiting;
    waiting = [];
    isOut = group.length > 0;
    if (isOut)
      setTimeout(() => {
        for (const acknowledge of group) acknowledge();
        gather(waiting.length);
      }, roundTrip);
  };
  /** The pushes that follow on an acknowledgement go together: once a turn of the event loop brings no more. */
  const gather = (seen: number): void => {
    setImmediate(() => (waiting.length > seen ? gather(waiting.length) : sendAll()));
  };
  return {
    type: 'group',
    config: {},
    push: () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (isOut) return;
        isOut = true;
        gather(0);
      }),
  };
}
