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
  readonly #cancels = new Set<() => void>();
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
    const cancel = this.#context.clock.after(pause, () => {
      this.#cancels.delete(cancel);
      lane.resting = false;
      this.#over(lane);
    });
    this.#cancels.add(cancel);
  }

  /** Ends them all, and nothing comes after them. */
  cancel(): void {
    this.#ended = true;
    for (const cancel of this.#cancels) cancel();
  }

  /** Until the deadline of the lane's oldest record, in milliseconds; with none, that of one which comes now. */
  #timeLeft(lane: Lane): number {
    for (const { deadline } of lane.live())
      return Math.min(deadline - this.#context.clock.now(), this.#patience);
    return this.#patience;
  }
}
