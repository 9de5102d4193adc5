/** What one row of the bench gives back, by name: `rate`, `cpu`, `rss`, `p50`, … Columns and targets refer to these. */
export type Figures = Readonly<Record<string, number>>;

/** What a row is told. It runs alone in a process of its own. */
export interface RowContext {
  readonly brokers: readonly string[];
  /** Fresh for this run, and deleted after it. */
  readonly topic: string;
  /** Events to measure; a slow row may stop at `limitMs`. */
  readonly events: number;
  /** Events before the clock starts: V8 compiles, connections open. */
  readonly warmUp: number;
  readonly limitMs: number;
  /** Where a row may put a network of its own before the broker; undefined: the broker is not the bench's. */
  readonly link: Link | undefined;
}

/** A port that the broker says is one of its own, and the port where that listener really is. */
export interface Link {
  readonly port: number;
  readonly target: number;
}

export interface RowResult {
  readonly figures: Figures;
  /**
   * How many records the topic must hold now; the bench counts them, for a peer may swallow its errors. Undefined: the row took the
   * broker away, and some may be there twice or not at all.
   */
  readonly stored: number | undefined;
}

export interface Row {
  readonly name: string;
  /** The checkout whose `bench/child.ts` runs it; undefined: this one. */
  readonly checkout?: string;
  /** This row's share of the part's events, where it is much slower than the others. Default 1. */
  readonly share?: number;
  /** Of its topic. Default 6: enough for several record batches in each request, as a topic in use has. */
  readonly partitions?: number;
  /** A checkout whose package is measured by this bench; undefined: this one's. */
  readonly package?: string;
  /** For the row's process. Default: none. @see noPretenuring */
  readonly nodeFlags?: readonly string[];
  readonly run: (context: RowContext) => Promise<RowResult>;
}

/**
 * By default V8 allocates objects of a kind that outlived its first collections among the old ones: here the collector's, which die soon all
 * the same. Dead old objects keep young ones alive until the old are collected, and each collection takes up to twice the time. Chance
 * decides in the first second which kinds these are, and a run keeps to it: the same code differed from itself by 15 % in CPU with
 * kafkajs and `config.batch`.
 */
export const noPretenuring = '--no-allocation-site-pretenuring';

export interface Column {
  readonly figure: string;
  readonly title: string;
  readonly digits: number;
}

/** A promise to be kept: a figure, or its ratio to another row's, is at least or at most so much. */
export interface Target {
  readonly row: string;
  readonly figure: string;
  /** The row of the same round to divide by. */
  readonly against?: string;
  /** The row of the same round to take away: what both have in common. */
  readonly beyond?: string;
  readonly bound: 'at least' | 'at most';
  readonly limit: number;
  readonly unit?: string;
}

export interface Part {
  readonly title: string;
  /** What was done, for the reader of the report. */
  readonly method: string;
  readonly events: number;
  readonly quickEvents: number;
  /** Its rows take the package by its public face alone, so that an older one need not know them. */
  readonly publicOnly?: boolean;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly targets: readonly Target[];
}

/** Why a row has no figures. A row throws it where this machine lacks what it takes (network, Java): then it is no fault. */
export class Skipped extends Error {
  readonly fault: boolean;

  constructor(reason: string, fault = false) {
    super(reason);
    this.fault = fault;
  }
}
