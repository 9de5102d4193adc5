import { mustComeAgain, type Outcome } from '../vocabulary/outcome.ts';
import { retrying } from './batch.ts';
import type { Batch, Lane } from './lane.ts';
import type { DeliveryContext } from './ports.ts';
import { backoff, inTime, type RetryPolicy } from './retry.ts';

type Failure = Exclude<Outcome, { kind: 'stored' }>;

/** The pauses that lanes are having. */
export class Rests {
  readonly #context: Pick<DeliveryContext, 'clock' | 'notify' | 'random'>;
  readonly #policy: RetryPolicy;
  /** A record's whole time, in milliseconds. */
  readonly #patience: number;
  readonly #over: (lane: Lane) => void;
  /** By lane: ends its timer. */
  readonly #cancels = new Map<Lane, () => void>();
  /** When all is over: pauses shrink towards it. */
  #end = Infinity;
  #ended = false;

  constructor(
    context: Pick<DeliveryContext, 'clock' | 'notify' | 'random'>,
    policy: RetryPolicy,
    patience: number,
    over: (lane: Lane) => void,
  ) {
    this.#context = context;
    this.#policy = policy;
    this.#patience = patience;
    this.#over = over;
  }

  /**
   * How long the lane of a batch that failed should pause, in milliseconds. One that must come again unchanged holds up its
   * lane until its fate is known, and the first good answer may tell it: the pause does not grow.
   */
  pauseAfter(batch: Batch, outcome: Failure): number {
    const { random, notify } = this.#context;
    const { error } = outcome;
    batch.lane.failures = mustComeAgain(outcome) ? 1 : batch.lane.failures + 1;
    const pause = backoff(batch.lane.failures, this.#policy, random());
    const delay = inTime(pause, this.#timeLeft(batch.lane), this.#policy);
    if (error.code !== 'TOPIC_MISSING' && !this.#ended) notify(retrying(batch, error, delay));
    return delay;
  }

  begin(lane: Lane, pause: number): void {
    lane.resting = true;
    this.#cancels.set(
      lane,
      this.#context.clock.after(pause, () => this.#goOn(lane)),
    );
  }

  /** Only `timeLeft` milliseconds are left: every lane tries again now. */
  hurry(timeLeft: number): void {
    this.#end = this.#context.clock.now() + timeLeft;
    for (const [lane, cancel] of [...this.#cancels]) {
      cancel();
      lane.failures = 0;
      this.#goOn(lane);
    }
  }

  /** Ends them all, and nothing comes after them. */
  cancel(): void {
    this.#ended = true;
    for (const cancel of this.#cancels.values()) cancel();
  }

  #goOn(lane: Lane): void {
    this.#cancels.delete(lane);
    lane.resting = false;
    this.#over(lane);
  }

  /** Until the deadline of the lane's oldest record, in milliseconds; with none, that of one which comes now. */
  #timeLeft(lane: Lane): number {
    const now = this.#context.clock.now();
    const most = Math.min(this.#patience, this.#end - now);
    for (const { deadline } of lane.live()) return Math.min(deadline - now, most);
    return most;
  }
}
