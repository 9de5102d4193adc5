import type { WalkerOS } from '@walkeros/core';
import { eventSource, nth, readEvents } from '../bench/data.ts';

/** Events a second that can be asked for. */
export const rates = [100, 1000, 5000] as const;
export type Rate = (typeof rates)[number];

const every = 50;
const perRequest = 250;
/** Beyond it the flow is behind, and what is due later is not sent at all. */
const mostRequests = 24;

/**
 * Sends a file of real events over HTTP, over and over and as if they happened now, the visitors' own sessions kept.
 */
export class Replay {
  readonly name = eventSource().name;
  readonly #url: () => string;
  #events: readonly WalkerOS.Event[] | undefined;
  #timer: NodeJS.Timeout | undefined;
  #rate = 0;
  #due = 0;
  #next = 0;
  #open = 0;

  /** @param url where events are posted */
  constructor(url: () => string) {
    this.#url = url;
  }

  /** Events a second; 0 while there is no replay. */
  get rate(): number {
    return this.#rate;
  }

  start(rate: Rate): void {
    this.stop();
    this.#events ??= readEvents();
    this.#rate = rate;
    let before = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#due += (rate * (now - before)) / 1000;
      before = now;
      this.#send();
    }, every);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#rate = 0;
    this.#due = 0;
  }

  #send(): void {
    while (this.#due >= 1) {
      const count = Math.min(perRequest, Math.floor(this.#due));
      this.#due -= count;
      if (this.#open >= mostRequests) continue;
      void this.#post(Array.from({ length: count }, () => this.#event()));
    }
  }

  #event(): WalkerOS.DeepPartialEvent {
    const event = nth(this.#events ?? [], this.#next++);
    return { ...event, id: undefined, timestamp: undefined };
  }

  async #post(events: readonly WalkerOS.DeepPartialEvent[]): Promise<void> {
    this.#open++;
    try {
      const response = await fetch(this.#url(), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(events),
      });
      await response.arrayBuffer();
    } catch {
      // The demo is ending: its events go with it.
    } finally {
      this.#open--;
    }
  }
}
