import type { KafkaError } from '../vocabulary/errors.ts';
import type { Notify } from '../vocabulary/notice.ts';
import type { ProduceReport } from '../vocabulary/produce-report.ts';

/** A broker that was heard of so long ago says nothing about now: it may have left the cluster. Milliseconds. */
const stale = 60_000;

/**
 * Whether the cluster is there, as seen from requests and their answers. A single broker that is away makes no outage:
 * the others still answer.
 */
export class Connection {
  readonly #notify: Notify;
  readonly #now: () => number;
  /** When each broker last answered a produce request, and has not failed to since. */
  readonly #answered = new Map<string, number>();
  #state: 'new' | 'up' | 'down' = 'new';
  #downSince = 0;

  /** @param now milliseconds, from any fixed point */
  constructor(notify: Notify, now: () => number) {
    this.#notify = notify;
    this.#now = now;
  }

  get up(): boolean {
    return this.#state === 'up';
  }

  /** What a produce request says about the broker that it went to. */
  judge({ broker, outcomes }: ProduceReport): void {
    const lost = outcomes.find(({ kind }) => kind === 'unreachable' || kind === 'unknown');
    if (lost === undefined || lost.kind === 'stored') this.answered(broker);
    else this.#lost(broker, lost.error);
  }

  /**
   * A broker answered, whatever it said.
   * @param broker undefined: any of them, such as answers a question
   */
  answered(broker?: string): void {
    if (broker !== undefined) this.#answered.set(broker, this.#now());
    if (this.#state === 'down') {
      this.#notify({ kind: 'reconnected', downFor: this.#now() - this.#downSince });
    }
    this.#state = 'up';
  }

  /** Every broker was asked, and none answered. */
  allLost(error: KafkaError): void {
    this.#answered.clear();
    this.#down(error);
  }

  #lost(broker: string, error: KafkaError): void {
    this.#answered.delete(broker);
    const since = this.#now() - stale;
    for (const [other, at] of this.#answered) if (at < since) this.#answered.delete(other);
    if (this.#answered.size === 0) this.#down(error);
  }

  #down(error: KafkaError): void {
    if (this.#state === 'up') this.#notify({ kind: 'disconnected', error });
    if (this.#state !== 'down') this.#downSince = this.#now();
    this.#state = 'down';
  }
}
