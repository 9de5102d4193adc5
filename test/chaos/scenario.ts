import type { Settings } from '../../src/types.ts';

/**
 * One story of things going wrong, as data: under which settings, what happens when, and what must come out of it.
 * `run.ts` plays it on real brokers.
 */
export interface Scenario {
  /** For the command line and the table: `reference-idempotent`. */
  readonly name: string;
  /** What happens, in the table's words. */
  readonly story: string;
  /** Over the brokers, the topic and a key that spreads the events. */
  readonly kafka?: Partial<Settings['kafka']>;
  /** The collector's own limit for one push, in milliseconds; default: what the destination sets. */
  readonly collectorTimeout?: number;
  /** Default: none. */
  readonly spool?: SpoolPlan;
  /** Default: straight to the brokers. */
  readonly through?: 'proxy';
  readonly topic?: TopicPlan;
  readonly load?: Partial<LoadPlan>;
  readonly schedule: readonly Step[];
  readonly expect: Expectation;
}

/** Ends before an outage does, so that its scenario shows what happens at the deadline. */
export const shortDeadline: Partial<Settings['kafka']> = { deliveryTimeout: 8_000 };

export interface SpoolPlan {
  readonly mode: 'overflow' | 'always';
  readonly maxBytes?: number;
  /** Default: a fresh folder with all the room there is. `small disk`: 2 MB. `below a file`: no folder can be made there. */
  readonly on?: 'small disk' | 'below a file';
}

export interface TopicPlan {
  readonly partitions?: number;
  readonly minInSync?: number;
  /** Records have the broker's time, which says what was stored before a kill; default: their own, as everywhere. */
  readonly appendTime?: true;
}

/** A steady stream, whatever the answers, as visitors make it. */
export interface LoadPlan {
  readonly perSecond: number;
  /** At least; it goes on until the last fault is over and pushes succeed again. */
  readonly seconds: number;
  readonly keys: number;
}

export const defaultLoad: LoadPlan = { perSecond: 500, seconds: 10, keys: 50 };

export interface Step {
  /** Seconds after the load began. A step does not wait for the end of the one before. */
  readonly at: number;
  readonly do: Fault;
}

/** `leader`: of partition 0 when the load begins. The others are the other two, whatever they lead. */
export type Role = 'leader' | 'second' | 'third';
export type Brokers = Role | 'all';

export type Fault =
  | { readonly kind: BrokerFault; readonly broker: Brokers }
  | { readonly kind: 'network'; readonly broker: Brokers; readonly trouble: Trouble }
  | { readonly kind: 'delete-topic' | 'create-topic' }
  /** Each broker restarted by SIGTERM, the next when all replicas are in sync again. */
  | { readonly kind: 'rolling-restart' }
  /** Killed (SIGKILL) once all replicas are in sync, and started again `seconds` later. */
  | { readonly kind: 'kill-in-sync'; readonly broker: Role; readonly seconds: number }
  | { readonly kind: FlowFault }
  /**
   * The flow's process is killed (SIGKILL) and a new one started on the same spool, so many times: each time once the
   * stream flows, at a moment of the next second that the seed decides. One such fault at a time.
   */
  | { readonly kind: 'crash-flow'; readonly times: number; readonly seed: number }
  | { readonly kind: 'damage-spool'; readonly how: 'truncate' | 'garbage' }
  /** What keeps the spool's folder from being made is taken away. */
  | { readonly kind: 'mend-spool' }
  | { readonly kind: 'clock'; readonly hours: number };

/** kill: SIGKILL. stop: SIGTERM, leadership moves first. restart: stop, then start. freeze: SIGSTOP, thaw: SIGCONT. */
export type BrokerFault = 'kill' | 'stop' | 'start' | 'restart' | 'freeze' | 'thaw';

/** kill: SIGKILL. stop: SIGTERM, as a platform that shuts it down. second: another process, with the same settings. */
export type FlowFault = 'kill-flow' | 'stop-flow' | 'start-flow' | 'second-flow';

/** See `test/support/proxy.ts`. */
export type Trouble =
  | { readonly kind: 'reset' | 'refuse' | 'black-hole' | 'half-open' | 'lose-answers' | 'heal' }
  | { readonly kind: 'cut-answer'; readonly afterBytes: number }
  | { readonly kind: 'latency'; readonly ms: number; readonly jitter: number };

/** Besides what always holds: none lost among the acknowledged, none out of order, and the stream flows again by itself. */
export interface Expectation {
  /** `some`: the scenario leaves them no other way, and then their messages say so. */
  readonly rejected: 'none' | 'some' | 'any';
  /** `in doubt`: at most what was under way when a fault struck. */
  readonly duplicates: 'none' | 'in doubt';
  /**
   * Each is (the beginning of) a line that the operator must have seen, or lines of which one must be there, where chance
   * decides; see `verdict/operator.ts` for the words in them.
   */
  readonly log: readonly (string | readonly string[])[];
  /** Each is (the beginning of) a message that a push must have failed with. */
  readonly failures?: readonly string[];
  /** At least so many kills must have found records in the spool that Kafka had; needs `TopicPlan.appendTime`. */
  readonly struck?: number;
}

export const at = (seconds: number, fault: Fault): Step => ({ at: seconds, do: fault });
export const kill = (broker: Brokers): Fault => ({ kind: 'kill', broker });
export const stop = (broker: Brokers): Fault => ({ kind: 'stop', broker });
export const start = (broker: Brokers): Fault => ({ kind: 'start', broker });
export const restart = (broker: Brokers): Fault => ({ kind: 'restart', broker });
export const freeze = (broker: Brokers): Fault => ({ kind: 'freeze', broker });
export const thaw = (broker: Brokers): Fault => ({ kind: 'thaw', broker });
export const network = (broker: Brokers, trouble: Trouble): Fault => ({ kind: 'network', broker, trouble });
export const heal = (broker: Brokers): Fault => network(broker, { kind: 'heal' });
