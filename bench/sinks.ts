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

function later(kept: unknown): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(() => {
      void kept;
      resolve();
    }, sinkDelay);
  });
}
