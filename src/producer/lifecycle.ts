/**
 * Whether the producer is closed. The one place that knows: `Producer.close` moves it on, once through each phase, and everything
 * else asks.
 */
export class Lifecycle {
  #phase: 'open' | 'closing' | 'closed' = 'open';

  /** Nothing more is taken, neither from callers nor from the disk; what is under way is still sent. */
  get isClosing(): boolean {
    return this.#phase !== 'open';
  }

  /** Nothing more is sent: a late answer must not begin another backoff. */
  get isClosed(): boolean {
    return this.#phase === 'closed';
  }

  beginClose(): void {
    if (this.#phase === 'open') this.#phase = 'closing';
  }

  endClose(): void {
    this.#phase = 'closed';
  }
}
