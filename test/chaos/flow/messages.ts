import type { Settings } from '../../../src/types.ts';
import type { Answer } from '../verdict/judge.ts';

/** How a flow process is started: its one argument, as JSON. */
export interface FlowPlan {
  readonly settings: Settings;
  /** The collector's limit for one push, in milliseconds; 0: its own. */
  readonly collectorTimeout: number;
  readonly perSecond: number;
  readonly keys: number;
  /** The number of the first event. */
  readonly first: number;
}

/** What the flow process tells, in the order in which it happens. */
export interface Report {
  /** The number that the next event will have. */
  readonly next: number;
  /** Pushes not answered yet. */
  readonly pending: number;
  readonly answers: readonly Answer[];
  /** "LEVEL message", debug lines left out. */
  readonly log: readonly string[];
  /** The load has ended, every push is answered. */
  readonly answered: boolean;
}

export type Order =
  | { readonly kind: 'end-load' }
  /** The wall clock jumps; the monotonic one does not. */
  | { readonly kind: 'shift-clock'; readonly ms: number };
