import type { KafkaError } from '../model/errors.ts';
import { isUnanswered, type Outcome } from '../model/outcome.ts';
import type { Client } from './port.ts';

/** Told of each rebuilt client: the last error of the old one. */
export type OnRebuilt = (error: KafkaError) => void;

/** So many produce calls in a row, over so many milliseconds, without a word from any broker make a client suspect. */
const suspicion = 5;
/** A cluster that loses a leader, or that a frozen follower stalls, is silent for some ten seconds. */
const suspicionTime = 30_000;

/**
 * Replaces a client that is stuck: after an outage, connections have been seen that fail every send although the broker
 * is back. The sign is that produce fails on the network call after call while `layout` is answered all along.
 *
 * A dead leader looks the same from here, so nothing is replaced while another request is out: it would lose its
 * acknowledgement. A question that is out is put to the new client again.
 *
 * @param now milliseconds, from any fixed point
 */
export function rebuilding(
  create: () => Client,
  onRebuilt: OnRebuilt,
  now = () => performance.now(),
): Client {
  let inner = create();
  let failures = 0;
  let failingSince = 0;
  let answered = false;
  let outstanding = 0;
  let closed = false;

  function judge(outcomes: readonly Outcome[]): void {
    const lost = outcomes.find(isUnanswered);
    if (lost === undefined || !outcomes.every(isUnanswered)) {
      failures = 0;
      answered = false;
      return;
    }
    if (failures === 0) failingSince = now();
    failures += 1;
    if (now() - failingSince < suspicionTime) return;
    if (failures < suspicion || !answered || outstanding > 0 || closed) return;
    failures = 0;
    answered = false;
    void inner.close();
    inner = create();
    onRebuilt(lost.error);
  }

  async function ask<Answer>(question: (client: Client) => Promise<Answer>): Promise<Answer> {
    const asked = inner;
    try {
      return await question(asked);
    } catch (failure) {
      // Told on, "the client is closed" would be taken for the end of the destination.
      if (asked === inner || closed) throw failure;
      return question(inner);
    }
  }

  return {
    limits: inner.limits,

    connect: () => inner.connect(),

    async layout(topic) {
      const layout = await ask((client) => client.layout(topic));
      answered = failures > 0;
      return layout;
    },

    initProducerId: () => ask((client) => client.initProducerId()),

    async produce(slices) {
      outstanding += 1;
      const outcomes = await inner.produce(slices).finally(() => (outstanding -= 1));
      judge(outcomes);
      return outcomes;
    },

    // What the old client packed, the new one packs again.
    prepare: inner.prepare && ((slices) => inner.prepare?.(slices)),

    close() {
      closed = true;
      return inner.close();
    },
  };
}
