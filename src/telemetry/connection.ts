import type { KafkaError } from '../model/errors.ts';
import type { Notify } from '../model/notice.ts';
import type { Outcome, ProduceReport } from '../model/outcome.ts';
import type { LogClock } from './log.ts';

/** A cluster that does not answer is asked again after so many milliseconds. */
const pace = 2_000;
/** One that refuses us, or that we have no credentials for, is left alone for longer: clusters lock users out. */
const paceRefused = 30_000;

/**
 * Whether the cluster is there, as seen from requests and their answers. What a single broker leaves unanswered says
 * nothing: delivery then asks who leads, and any broker can answer that. Only when none does, the cluster is lost.
 */
export class Connection {
  readonly #notify: Notify;
  readonly #clock: LogClock;
  #state: 'new' | 'up' | 'down' = 'new';
  #downSince = 0;
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
   * From here on somebody asks while the cluster is lost: a readiness check keeps traffic away, and without traffic
   * nothing would ever show that the cluster is back.
   * @param ask a question to any broker, which is told here as all others are
   */
  watch(ask: () => Promise<unknown>): void {
    this.#ask = ask;
  }

  /** Nothing is asked any more. */
  close(): void {
    this.#ask = undefined;
  }

  /** What a produce request says about the cluster. */
  judge({ outcomes }: Pick<ProduceReport, 'outcomes'>): void {
    if (outcomes.some(isAnswer)) this.answered();
  }

  /** A broker answered, whatever it said. */
  answered(): void {
    if (this.#state === 'down') {
      this.#notify({ kind: 'reconnected', downFor: this.#clock.now() - this.#downSince });
    }
    this.#state = 'up';
  }

  /** Every broker was asked, and none answered. */
  allLost(error: KafkaError): void {
    if (this.#state === 'up') this.#notify({ kind: 'disconnected', error });
    if (this.#state !== 'down') this.#downSince = this.#clock.now();
    this.#state = 'down';
    this.#lastError = error;
    this.#askLater();
  }

  #askLater(): void {
    if (this.#asking || this.#ask === undefined) return;
    this.#asking = true;
    const { code } = this.#lastError ?? {};
    const pause = code === 'BROKER_UNREACHABLE' || code === 'WRONG_CLUSTER' ? pace : paceRefused;
    this.#clock.after(pause, () => void this.#askAgain());
  }

  async #askAgain(): Promise<void> {
    // Whoever asks tells of the answer, and of none.
    if (this.#state === 'down') await this.#ask?.().catch(() => undefined);
    this.#asking = false;
    if (this.#state === 'down') this.#askLater();
  }
}

/** Also where the broker does not know what became of the records. */
function isAnswer(outcome: Outcome): boolean {
  if (outcome.kind !== 'unreachable' && outcome.kind !== 'unknown') return true;
  return outcome.error.kafkaCode !== undefined;
}
