import type { KafkaError } from '../vocabulary/errors.ts';
import { noLeader, type TopicLayout } from '../vocabulary/partition.ts';
import type { Clock } from './clock.ts';
import type { Entry } from './entry.ts';
import { Lane } from './lane.ts';
import { backoff, inTime, isFinal, type RetryPolicy } from './retry.ts';

export interface TopicHooks {
  layout(topic: string): Promise<TopicLayout>;
  /** Java's choice of partition for a key. */
  partitionOf(key: Buffer, partitions: number): number;
  /** The lane has something to send, or may be sent somewhere else than before. */
  ready(lane: Lane): void;
  refuse(entry: Entry, error: KafkaError): void;
  /** The cluster answered that the topic does not exist. */
  missing(topic: string, error: KafkaError): void;
}

/** A topic known to be refused is asked about again at most this often, whatever the traffic. */
const recheckAfter = 5_000;

/**
 * One topic as delivery knows it: its lanes, and whether it can be written to at all. Records that come before the
 * layout is known wait here, so that a missing topic delays no other.
 */
export class Topic {
  readonly name: string;
  readonly #hooks: TopicHooks;
  readonly #clock: Clock;
  readonly #policy: RetryPolicy;
  readonly #patience: number;
  readonly #random: () => number;
  #lanes: Lane[] = [];
  /** Lanes of partitions that are no more, while a batch of theirs may be out. */
  #retired: Lane[] = [];
  #arrivals: Entry[] = [];
  #asking: Promise<void> | undefined;
  #cancelRetry: (() => void) | undefined;
  #askedAt = -Infinity;
  #failures = 0;
  #refusal: { readonly error: KafkaError; readonly since: number } | undefined;

  /** @param patience how long a missing topic may take to appear before its records are refused at once */
  constructor(
    name: string,
    hooks: TopicHooks,
    clock: Clock,
    policy: RetryPolicy,
    patience: number,
    random: () => number,
  ) {
    this.name = name;
    this.#hooks = hooks;
    this.#clock = clock;
    this.#policy = policy;
    this.#patience = patience;
    this.#random = random;
  }

  /** When the cluster was last asked about this topic. */
  get askedAt(): number {
    return this.#askedAt;
  }

  /** Puts an entry into its lane, or keeps it until the lanes are known. */
  route(entry: Entry): void {
    const refusal = this.#standingRefusal();
    if (refusal) return this.#hooks.refuse(entry, refusal);
    if (this.#lanes.length === 0) {
      this.#arrivals.push(entry);
      if (this.#cancelRetry === undefined) void this.refresh();
      return;
    }
    this.#assign(entry);
  }

  /** Every unsettled entry of the topic, in lanes or before them. */
  *live(): Iterable<Entry> {
    for (const entry of this.#arrivals) if (!entry.settled) yield entry;
    for (const lane of this.#retired) yield* lane.live();
    for (const lane of this.#lanes) yield* lane.live();
  }

  /** Asks the cluster for the layout. Callers at the same time share one question. Does not reject. */
  refresh(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  stop(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  async #ask(): Promise<void> {
    this.stop();
    this.#askedAt = this.#clock.now();
    try {
      const layout = await this.#hooks.layout(this.name);
      this.#failures = 0;
      this.#refusal = undefined;
      this.#adopt(layout);
    } catch (thrown) {
      // The client port promises KafkaErrors.
      this.#refused(thrown as KafkaError);
    }
  }

  #adopt({ leaders }: TopicLayout): void {
    const retired = this.#lanes.splice(leaders.length);
    leaders.forEach((leader, partition) => {
      const lane = this.#lanes[partition];
      if (lane === undefined) this.#lanes.push(new Lane(this.name, partition, leader));
      else lane.leader = leader;
    });
    // A topic re-created with fewer partitions: its records find their lanes anew, before any younger one does.
    for (const lane of retired) for (const entry of lane.retire()) this.#assign(entry);
    this.#retired = [...this.#retired, ...retired].filter((lane) => !lane.idle);
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    for (const entry of arrivals) if (!entry.settled) this.#assign(entry);
    for (const lane of this.#lanes) this.#hooks.ready(lane);
    if (leaders.includes(noLeader) && this.#timeLeft() < Infinity) this.#askAgainLater(this.#timeLeft());
  }

  #refused(error: KafkaError): void {
    const missing = error.code === 'TOPIC_MISSING';
    if (missing) this.#hooks.missing(this.name, error);
    if (missing || isFinal(error)) this.#refusal = { error, since: this.#refusal?.since ?? this.#askedAt };
    else this.#refusal = undefined;

    const waiting = this.#arrivals.filter((entry) => !entry.settled);
    this.#arrivals = [];
    for (const entry of waiting) {
      entry.lastError = error;
      if (missing) entry.attempts++;
      const hopeless = isFinal(error) || this.#standingRefusal() !== undefined;
      if (hopeless || entry.attempts > this.#policy.retries) this.#hooks.refuse(entry, error);
      else this.#arrivals.push(entry);
    }
    if (this.#arrivals.length > 0) this.#askAgainLater(missing ? Infinity : this.#timeLeft());
  }

  #askAgainLater(timeLeft: number): void {
    this.#failures++;
    const pause = inTime(backoff(this.#failures, this.#policy, this.#random()), timeLeft, this.#policy);
    this.#cancelRetry = this.#clock.after(pause, () => {
      this.#cancelRetry = undefined;
      void this.refresh();
    });
  }

  /** A refusal old enough to be believed and young enough not to be asked about again. */
  #standingRefusal(): KafkaError | undefined {
    if (this.#refusal === undefined) return undefined;
    const { error, since } = this.#refusal;
    const now = this.#clock.now();
    const believed = isFinal(error) || now - since >= this.#patience;
    return believed && now - this.#askedAt < recheckAfter ? error : undefined;
  }

  #assign(entry: Entry): void {
    const partition = this.#hooks.partitionOf(entry.record.key, this.#lanes.length);
    const lane = this.#lanes[partition];
    if (lane === undefined) throw new RangeError(`partition ${partition} of ${this.#lanes.length}`);
    lane.push(entry);
    this.#hooks.ready(lane);
  }

  /** Until the deadline of the oldest that waits, in milliseconds; endless when nothing does. */
  #timeLeft(): number {
    for (const { deadline } of this.live()) return deadline - this.#clock.now();
    return Infinity;
  }
}
