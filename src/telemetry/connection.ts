import type { KafkaError } from '../model/errors.ts';
import type { Notify } from '../model/notice.ts';
import { isUnanswered, type Outcome, type ProduceReport } from '../model/outcome.ts';
import type { LogClock } from './log.ts';

/** After so many ms a cluster that does not answer is asked again. */
const askAgainAfter = 2_000;
/** Longer for a cluster that refuses us, or that we have no credentials for: clusters lock users out. */
const askAgainRefusedAfter = 30_000;

/**
 * Whether the cluster answers. One broker that does not says nothing: the producer then asks any broker for metadata, and the
 * cluster is lost when no broker answers that.
 */
export class Connection {
  readonly #notify: Notify;
  readonly #clock: LogClock;
  #state: 'new' | 'up' | 'down' | 'closed' = 'new';
  #downSince = 0;
  /** When it last did not answer, or was asked. */
  #askedAt = 0;
  #lastError: KafkaError | undefined;
  #ask: (() => Promise<unknown>) | undefined;
  #asking = false;

  constructor(notify: Notify, clock: LogClock) {
    this.#notify = notify;
    this.#clock = clock;
  }

  get up(): boolean {
    return this.#state === 'up';
  }

  /**
   * From here on a timer asks while the cluster is lost: an instance that is not ready gets no traffic, and so sends no request
   * that would show that the cluster is back.
   * @param ask asks any broker, and calls `answered` or `allLost` as every request does
   */
  watch(ask: () => Promise<unknown>): void {
    this.#ask = ask;
  }

  /** Requests that end with the client are no outage. */
  close(): void {
    this.#state = 'closed';
  }

  judge({ outcomes }: Pick<ProduceReport, 'outcomes'>): void {
    if (outcomes.some(isAnswer)) this.answered();
  }

  answered(): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'down') {
      this.#notify({ kind: 'reconnected', downFor: this.#clock.now() - this.#downSince });
    }
    this.#state = 'up';
  }

  allLost(error: KafkaError): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'up') this.#notify({ kind: 'disconnected', error });
    if (this.#state !== 'down') this.#downSince = this.#clock.now();
    this.#state = 'down';
    this.#askedAt = this.#clock.now();
    this.#lastError = error;
    this.#askLater();
  }

  #askLater(): void {
    if (this.#asking || this.#ask === undefined) return;
    this.#asking = true;
    const { code } = this.#lastError ?? {};
    const pause =
      code === 'BROKER_UNREACHABLE' || code === 'WRONG_CLUSTER' ? askAgainAfter : askAgainRefusedAfter;
    const askedAt = this.#askedAt;
    this.#clock.after(askedAt + pause - this.#clock.now(), () => void this.#askAgain(askedAt));
  }

  /** @param askedAt a producer that has records asks by itself: where it did since then, this question can wait */
  async #askAgain(askedAt: number): Promise<void> {
    if (this.#state === 'down' && this.#askedAt === askedAt) {
      this.#askedAt = this.#clock.now();
      await this.#ask?.().catch(() => undefined);
    }
    this.#asking = false;
    if (this.#state === 'down') this.#askLater();
  }
}

/** An error of the broker is an answer, too. */
function isAnswer(outcome: Outcome): boolean {
  return !isUnanswered(outcome) || outcome.error.kafkaCode !== undefined;
}
