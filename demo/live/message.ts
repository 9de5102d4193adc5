/**
 * What the server tells the live view, as server-sent events: one `hello`, then `tick` ten times a second while
 * something goes on, `second` once a second, and `log` when the destination has something to say.
 * Read by the browser too: nothing of Node here.
 */

/** One partition of one topic. */
export interface Track {
  readonly topic: string;
  readonly partition: number;
}

/** A record that the consumer has read, as far as a row of the view needs it. */
export interface Landed {
  /** Its place in `Hello.tracks`. */
  readonly track: number;
  readonly offset: number;
  readonly key: string | null;
  /** The event's name. */
  readonly name: string;
  /** When the consumer had it, in ms since the epoch. */
  readonly at: number;
  /** Milliseconds from the event's own time to `at`; null where that says nothing. */
  readonly latency: number | null;
  /** Of key and value. */
  readonly bytes: number;
}

/** Where the events of this run are. Every one that was taken is in exactly one of the others, or on its way. */
export interface Ledger {
  /** Given to the destination. */
  readonly taken: number;
  /** Read back from Kafka, dead letters included. */
  readonly inKafka: number;
  readonly deadLetters: number;
  /** Refused to whoever sent them, with the reason: they know. */
  readonly refused: number;
  /** Kept by the destination until Kafka takes them. */
  readonly waiting: number;
  /** Kept on disk, of those that wait; undefined where there is no spool. */
  readonly spooled?: number | undefined;
}

/** `external`: not ours to stop. */
export type BrokerState = 'external' | 'running' | 'stopping' | 'stopped' | 'starting';

/** A time without broker, in ms since the epoch; `end` is missing while it lasts. */
export interface Outage {
  readonly begin: number;
  readonly end?: number;
}

/** One second of the chart. */
export interface Second {
  /** Its end, in ms since the epoch. */
  readonly at: number;
  readonly landed: number;
  /** Milliseconds; null where nothing landed. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** Records that wait in the destination. */
  readonly waiting: number;
}

export interface Status {
  readonly broker: BrokerState;
  /** Whether the consumer is connected. */
  readonly reading: boolean;
  /** Events a second that are being replayed; 0: none. */
  readonly replay: number;
  readonly ledger: Ledger;
}

export interface LogLine {
  readonly at: number;
  readonly level: 'WARN' | 'ERROR';
  readonly text: string;
}

export interface Hello {
  /** Names this run: a view that meets another one starts anew. */
  readonly run: string;
  readonly tracks: readonly Track[];
  /** What `Replay` sends, for people. */
  readonly replayOf: string;
  readonly status: Status;
  /** The last ones, oldest first. */
  readonly seconds: readonly Second[];
  readonly records: readonly Landed[];
  readonly outages: readonly Outage[];
  readonly log: readonly LogLine[];
}

export interface Tick {
  readonly at: number;
  /** How many records landed since the last tick, by track: exact, while `records` is a sample. */
  readonly landed: readonly number[];
  readonly records: readonly Landed[];
  readonly outages: readonly Outage[];
  readonly status: Status;
}

/** `GET /live/record`: everything that Kafka keeps of a record. */
export interface WholeRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly headers: readonly (readonly [name: string, value: string | null])[];
  readonly value: string | null;
  /** Of the value; `value` holds the beginning of a very large one. */
  readonly valueBytes: number;
}
