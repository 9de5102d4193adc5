import type { KafkaError } from '../model/errors.ts';
import { isUnanswered, mustComeAgain, type Outcome } from '../model/outcome.ts';
import type { Batch, PartitionQueue } from './partition-queue.ts';
import type { DeliveryContext } from './ports.ts';
import { backoff, inTime, pausesAfter, type Pauses, type RetryPolicy } from './retry-policy.ts';

type Failure = Extract<Outcome, { kind: 'retriable' | 'unreachable' | 'unknown' }>;

interface Pause {
  /** Ends its timer. */
  readonly cancel: () => void;
  /** Why the lane rests. */
  readonly outcome: Failure;
}

/** The pauses that lanes are having. */
export class Backoffs {
  readonly #context: Pick<DeliveryContext, 'clock' | 'notify' | 'random'>;
  readonly #policy: RetryPolicy;
  /** A record's whole time, in milliseconds. */
  readonly #patience: number;
  readonly #over: (lane: PartitionQueue) => void;
  readonly #rests = new Map<PartitionQueue, Pause>();
  /** When all is over: pauses shrink towards it. */
  #end = Infinity;
  #ended = false;

  constructor(
    context: Pick<DeliveryContext, 'clock' | 'notify' | 'random'>,
    policy: RetryPolicy,
    patience: number,
    over: (lane: PartitionQueue) => void,
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
  pauseAfter({ lane }: Batch, outcome: Failure): number {
    lane.failures = mustComeAgain(outcome) ? 1 : lane.failures + 1;
    const pauses = isUnanswered(outcome) ? pausesAfter(outcome.error, this.#policy) : this.#policy;
    return this.#pause(lane.failures, pauses, this.#timeLeft(lane));
  }

  /** How long to leave a broker alone that has not answered a request, after so many such failures in a row. */
  brokerPause(batches: readonly Batch[], error: KafkaError, failures: number): number {
    const timeLeft = Math.min(...batches.map(({ lane }) => this.#timeLeft(lane)));
    return this.#pause(failures, pausesAfter(error, this.#policy), timeLeft);
  }

  tell(batch: Batch, { error }: Failure, pause: number): void {
    if (error.code === 'TOPIC_MISSING' || this.#ended) return;
    this.#context.notify(batch.retrying(error, pause));
  }

  begin(lane: PartitionQueue, pause: number, outcome: Failure): void {
    lane.resting = true;
    const cancel = this.#context.clock.after(pause, () => this.#goOn(lane));
    this.#rests.set(lane, { cancel, outcome });
  }

  /**
   * The lane has another leader, and is told to go on by the caller: what kept the old one from taking its batch is over. When the old one answered "try again",
   * this holds once until something is stored: brokers that name each other as the leader would use up `retries` at once.
   */
  leaderChanged(lane: PartitionQueue): void {
    const rest = this.#rests.get(lane);
    if (rest === undefined) return;
    if (!isUnanswered(rest.outcome)) {
      if (lane.followed || !(rest.outcome.kind === 'retriable' && rest.outcome.refresh)) return;
      lane.followed = true;
    }
    rest.cancel();
    this.#rests.delete(lane);
    lane.resting = false;
  }

  /** Only `timeLeft` milliseconds are left: every lane tries again now. */
  hurry(timeLeft: number): void {
    this.#end = this.#context.clock.now() + timeLeft;
    for (const [lane, { cancel }] of [...this.#rests]) {
      cancel();
      lane.failures = 0;
      this.#goOn(lane);
    }
  }

  /** Ends them all, and nothing comes after them. */
  cancel(): void {
    this.#ended = true;
    for (const { cancel } of this.#rests.values()) cancel();
  }

  #goOn(lane: PartitionQueue): void {
    this.#rests.delete(lane);
    lane.resting = false;
    this.#over(lane);
  }

  #pause(failures: number, pauses: Pauses, timeLeft: number): number {
    return inTime(backoff(failures, pauses, this.#context.random()), timeLeft, pauses);
  }

  /** Until the deadline of the lane's oldest record, in milliseconds; with none, that of one which comes now. */
  #timeLeft(lane: PartitionQueue): number {
    const now = this.#context.clock.now();
    const most = Math.min(this.#patience, this.#end - now);
    return lane.oldest ? Math.min(lane.oldest.deadline - now, most) : most;
  }
}
