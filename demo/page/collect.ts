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
  /** How long an event is tried again, in ms. Default one minute. */
  readonly retryFor?: number;
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
 * events keep their order; the source answers when they are safe. What it could not store and may store later is sent again,
 * alone. A flow that is away for a while costs nothing.
 */
export function destinationCollect(options: CollectOptions): Destination.Instance {
  const { url, report, onLeave, stash, retryFor = 60_000 } = options;
  const waiting: Waiting[] = [];
  let out: readonly Waiting[] = [];
  let outlives = true;
  let sending = false;

  async function send(): Promise<void> {
    if (sending) return;
    sending = true;
    while (waiting.length > 0) {
      out = takeRequest(waiting);
      await deliver();
      out = [];
    }
    sending = false;
  }

  /** Sends what is out until each of its events is stored, refused for good, or was tried for long enough. */
  async function deliver(): Promise<void> {
    const begin = performance.now();
    tell(out, { state: 'sending', text: 'on its way' });
    for (let pause = pauses.first; ; pause = Math.min(pause * 2, pauses.longest)) {
      const body = bodyOf(out);
      // A larger request cannot outlive the page, but it is not refused either.
      outlives = sizeOf(body) <= keepaliveLimit;
      const { verdicts, retryAfter = 0 } = await ask(url, body, outlives);
      const isLast = performance.now() - begin >= retryFor;
      const again: Waiting[] = [];
      out.forEach((one, index) => {
        const verdict = verdicts(index);
        if (verdict.state === 'again' && !isLast) again.push(one);
        else settle(one, verdict);
      });
      out = again;
      if (out.length === 0) return;
      tell(out, { state: 'again', text: 'trying again' });
      // Nothing of it is under way: a page that goes now leaves it to the next one.
      outlives = false;
      await new Promise((resolve) => setTimeout(resolve, Math.max(pause, retryAfter)));
    }
  }

  function settle({ event, resolve, reject }: Waiting, { state, text }: Verdict): void {
    report(event, { state: state === 'stored' ? 'stored' : 'failed', text });
    if (state === 'stored') resolve();
    else reject(new Error(text));
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

/** Takes from the front what fits into one request. */
function takeRequest(waiting: Waiting[]): readonly Waiting[] {
  let size = 2;
  let count = 0;
  for (const { event } of waiting) {
    size += sizeOf(JSON.stringify(event)) + 1;
    if (count > 0 && size > requestLimit) break;
    count++;
  }
  return waiting.splice(0, count);
}

const bodyOf = (batch: readonly Waiting[]): string => JSON.stringify(batch.map(({ event }) => event));

const encoder = new TextEncoder();
const sizeOf = (text: string): number => encoder.encode(text).length;

/** What an answer says of one event. `again`: it is not stored, and later it may be. */
interface Verdict {
  readonly state: 'stored' | 'again' | 'failed';
  readonly text: string;
}

interface Verdicts {
  /** Of the event at an index of the request. */
  readonly verdicts: (index: number) => Verdict;
  /** How long the flow asks to be left alone, in ms. */
  readonly retryAfter?: number;
}

const stored: Verdict = { state: 'stored', text: 'stored' };
const unreachable: Verdict = { state: 'again', text: 'the flow cannot be reached' };

async function ask(url: string, body: string, keepalive: boolean): Promise<Verdicts> {
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', keepalive, headers, body });
    if (response.ok) return { verdicts: () => stored };
    const { error, failed } = (await response.json()) as Refusal;
    const retryAfter = 1_000 * (Number(response.headers.get('retry-after')) || 0);
    if (!failed) {
      const state = response.status === 503 ? 'again' : 'failed';
      return { verdicts: () => ({ state, text: error }), retryAfter };
    }
    // The others of the request are stored: sent again, they would be there twice.
    const verdicts = new Map(
      failed.map(({ index, reasons, retry }): [number, Verdict] => [
        index,
        { state: retry ? 'again' : 'failed', text: Object.values(reasons).join('; ') },
      ]),
    );
    return { verdicts: (index) => verdicts.get(index) ?? stored, retryAfter };
  } catch {
    return { verdicts: () => unreachable };
  }
}

interface Refusal {
  readonly error: string;
  readonly failed?: readonly {
    readonly index: number;
    readonly reasons: Readonly<Record<string, string>>;
    /** Whether the same event may be taken later. */
    readonly retry: boolean;
  }[];
}
