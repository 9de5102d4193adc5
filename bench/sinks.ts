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

/** The same for batches. */
export const batchSink: Destination.Instance = {
  type: 'batch',
  config: {},
  push: () => undefined,
  pushBatch: () => new Promise<void>((resolve) => setTimeout(resolve, sinkDelay)),
};
