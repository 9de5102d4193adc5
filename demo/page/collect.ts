import type { Destination, WalkerOS } from '@walkeros/core';

export interface Outcome {
  readonly state: 'sending' | 'again' | 'stored' | 'failed';
  /** Why not, or how it goes on. */
  readonly text: string;
}

export interface CollectOptions {
  /** Where events are posted. */
  readonly url: string;
  readonly report: (event: WalkerOS.Event, outcome: Outcome) => void;
  /** Called with what to do when the page goes. */
  readonly onLeave?: (leave: () => void) => void;
  /** Keeps what was not sent when the page goes, for the next page. */
  readonly stash?: Stash;
  /** How long a flow that cannot be reached is tried again, in ms. Default one minute. */
  readonly patience?: number;
}

export interface Stash {
  keep(events: readonly WalkerOS.Event[]): void;
  /** What was kept, once. */
  take(): readonly WalkerOS.Event[];
}

interface Waiting {
  readonly event: WalkerOS.Event;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Browsers let requests that outlive their page carry 64 KiB in all, and refuse the one that goes beyond. Bytes. */
const keepaliveLimit = 60 * 1024;
/** Of one request: the source takes no more than 1 MiB. Bytes. */
const requestLimit = 512 * 1024;
const pauses = { first: 250, longest: 4000 };

/**
 * Posts events to our HTTP source. One request is out at a time and what happens meanwhile goes with the next one, so
 * events keep their order; the source answers when they are safe. A flow that is away for a while costs nothing.
 */
export function destinationCollect(options: CollectOptions): Destination.Instance {
  const { url, report, onLeave, stash, patience = 60_000 } = options;
  const waiting: Waiting[] = [];
  let out: readonly Waiting[] = [];
  let outlives = true;
  let sending = false;

  async function send(): Promise<void> {
    if (sending) return;
    sending = true;
    while (waiting.length > 0) {
      const { batch, body } = nextRequest(waiting);
      out = batch;
      await settle(batch, body);
      out = [];
    }
    sending = false;
  }

  async function settle(batch: readonly Waiting[], body: string): Promise<void> {
    // A larger request cannot outlive the page, but it is not refused either.
    outlives = sizeOf(body) <= keepaliveLimit;
    tell(batch, { state: 'sending', text: 'on its way' });
    const reasonAt = await post(body);
    batch.forEach(({ event, resolve, reject }, index) => {
      const reason = reasonAt(index);
      report(event, reason === undefined ? stored : { state: 'failed', text: reason });
      if (reason === undefined) resolve();
      else reject(new Error(reason));
    });

    async function post(body: string): Promise<Reasons> {
      const begin = performance.now();
      for (let pause = pauses.first; ; pause = Math.min(pause * 2, pauses.longest)) {
        const answer = await ask(url, body, outlives);
        if (answer !== 'again') return answer;
        if (performance.now() - begin >= patience) return () => 'the flow cannot be reached';
        tell(batch, { state: 'again', text: 'the flow is away, trying again' });
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  const tell = (batch: readonly Waiting[], outcome: Outcome): void =>
    batch.forEach(({ event }) => report(event, outcome));

  function take(event: WalkerOS.Event): Promise<void> {
    return new Promise((resolve, reject) => {
      waiting.push({ event, resolve, reject });
      void send();
    });
  }

  onLeave?.(() => {
    const left = waiting.splice(0).map(({ event }) => event);
    const body = JSON.stringify(left);
    if (left.length > 0 && sizeOf(body) <= keepaliveLimit && outlives) void ask(url, body, true);
    else if (left.length > 0 || !outlives)
      stash?.keep([...(outlives ? [] : out.map(({ event }) => event)), ...left]);
  });
  for (const event of stash?.take() ?? []) take(event).catch(() => undefined);

  return { type: 'collect', config: {}, push: take };
}

const stored: Outcome = { state: 'stored', text: 'stored' };

/** Takes from the front what fits into one request. */
function nextRequest(waiting: Waiting[]): { batch: readonly Waiting[]; body: string } {
  let size = 2;
  const texts: string[] = [];
  for (const { event } of waiting) {
    const text = JSON.stringify(event);
    size += sizeOf(text) + 1;
    if (texts.length > 0 && size > requestLimit) break;
    texts.push(text);
  }
  return { batch: waiting.splice(0, texts.length), body: `[${texts.join(',')}]` };
}

const encoder = new TextEncoder();
const sizeOf = (text: string): number => encoder.encode(text).length;

/** Why the event at an index was not stored, undefined where it was. */
type Reasons = (index: number) => string | undefined;

/** `again`: nothing was taken, and later it may be. */
async function ask(url: string, body: string, keepalive: boolean): Promise<Reasons | 'again'> {
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', keepalive, headers, body });
    if (response.ok) return () => undefined;
    const { error, failed } = (await response.json()) as Refusal;
    if (response.status === 503 && !failed) return 'again';
    if (!failed) return () => error;
    const reasons = new Map(failed.map(({ index, reasons }) => [index, Object.values(reasons).join('; ')]));
    return (index) => reasons.get(index);
  } catch {
    return 'again';
  }
}

interface Refusal {
  readonly error: string;
  readonly failed?: readonly { readonly index: number; readonly reasons: Readonly<Record<string, string>> }[];
}
