import { KafkaError } from '../model/errors.ts';
import type { Outcome } from '../model/outcome.ts';
import { clientClosed, unreachable } from './errors/messages.ts';
import type { ProducerId } from '../model/partition.ts';
import type { Client, Slice, TopicLayout } from './port.ts';

/**
 * Gives any client one connection for all callers: concurrent ones share it, a failed one is forgotten so that the
 * next caller tries again. `layout` and `produce` connect by themselves. After `close` everything fails.
 */
export function openOnce(inner: Client): Client {
  let opening: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  async function open(): Promise<void> {
    if (closing === undefined) {
      opening ??= inner.connect().catch((failure: unknown) => {
        opening = undefined;
        throw failure;
      });
      await opening;
    }
    // Also for those who were waiting for the connection when it was closed.
    if (closing !== undefined) throw clientClosed();
  }

  return {
    limits: inner.limits,

    connect: open,

    async layout(topic: string): Promise<TopicLayout> {
      await open();
      return inner.layout(topic);
    },

    async produce(slices: readonly Slice[]): Promise<Outcome[]> {
      try {
        await open();
      } catch (failure) {
        return slices.map(() => neverSent(failure));
      }
      return inner.produce(slices);
    },

    prepare: inner.prepare,

    async initProducerId(): Promise<ProducerId> {
      await open();
      return inner.initProducerId();
    },

    close(): Promise<void> {
      closing ??= inner.close();
      return closing;
    },
  };
}

/** Without a connection nothing was sent; a closed client will never send it. */
function neverSent(failure: unknown): Outcome {
  const error = failure instanceof KafkaError ? failure : unreachable('the configured brokers', failure);
  return { kind: error.code === 'DESTINATION_CLOSED' ? 'rejected' : 'unreachable', error };
}
