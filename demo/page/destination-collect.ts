import type { Destination, WalkerOS } from '@walkeros/core';

export type Report = (
  event: WalkerOS.Event,
  outcome: { readonly ok: boolean; readonly text: string },
) => void;

declare function addEventListener(type: 'pagehide', listener: () => void): void;

interface Waiting {
  readonly event: WalkerOS.Event;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Posts events to our HTTP source. One request is out at a time and what happens meanwhile goes with the next one,
 * so events keep their order; the source answers when they are stored.
 */
export function destinationCollect(url: string, report: Report): Destination.Instance {
  let waiting: Waiting[] = [];
  let sending = false;

  async function send(): Promise<void> {
    if (sending) return;
    sending = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await post(batch);
    }
    sending = false;
  }

  async function post(batch: readonly Waiting[]): Promise<void> {
    const reasons = await ask(
      url,
      batch.map(({ event }) => event),
    );
    batch.forEach(({ event, resolve, reject }, index) => {
      const reason = reasons(index);
      report(event, { ok: reason === undefined, text: reason ?? 'stored' });
      if (reason === undefined) resolve();
      else reject(new Error(reason));
    });
  }

  // A page that goes takes its queue with it: the browser finishes requests that are under way.
  addEventListener('pagehide', () => void post(waiting.splice(0)));

  return {
    type: 'collect',
    config: {},
    push: (event) =>
      new Promise<void>((resolve, reject) => {
        waiting.push({ event, resolve, reject });
        void send();
      }),
  };
}

/** Why the event at an index was not stored, undefined where it was. */
type Reasons = (index: number) => string | undefined;

async function ask(url: string, events: readonly WalkerOS.Event[]): Promise<Reasons> {
  if (events.length === 0) return () => undefined;
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, {
      method: 'POST',
      keepalive: true,
      headers,
      body: JSON.stringify(events),
    });
    if (response.ok) return () => undefined;
    const { error, failed } = (await response.json()) as Refusal;
    if (!failed) return () => error;
    const reasons = new Map(failed.map(({ index, reasons }) => [index, Object.values(reasons).join('; ')]));
    return (index) => reasons.get(index);
  } catch {
    return () => 'the flow cannot be reached';
  }
}

interface Refusal {
  readonly error: string;
  readonly failed?: readonly { readonly index: number; readonly reasons: Readonly<Record<string, string>> }[];
}
