import type { WalkerOS } from '@walkeros/core';

/** What Flink and Spark are to find, counted here from the events themselves. */
export interface MinuteRow {
  /** `2026-01-05T12:00`, in UTC. */
  readonly minute: string;
  readonly name: string;
  readonly events: number;
  /** Undefined where no event told a quantity: SQL's sum of nothing. */
  readonly items?: number;
}

/** In order of minute and name. */
export function rowsPerMinute(events: readonly WalkerOS.Event[]): MinuteRow[] {
  const rows = new Map<string, MinuteRow>();
  for (const { timestamp, name, data } of events) {
    const minute = new Date(timestamp).toISOString().slice(0, 16);
    const before = rows.get(`${minute} ${name}`);
    const quantity = typeof data.quantity === 'number' ? data.quantity : undefined;
    const items = quantity === undefined ? before?.items : (before?.items ?? 0) + quantity;
    const counted = { minute, name, events: (before?.events ?? 0) + 1 };
    rows.set(`${minute} ${name}`, items === undefined ? counted : { ...counted, items });
  }
  return sorted([...rows.values()]);
}

/**
 * Of those, what an engine may give out before anything newer comes: minutes that ended `delayMs` before the newest event,
 * after which none of their events can come any more.
 */
export function closedMinutes(events: readonly WalkerOS.Event[], delayMs: number): MinuteRow[] {
  const newest = Math.max(...events.map(({ timestamp }) => timestamp));
  const closed = ({ minute }: MinuteRow): boolean => Date.parse(`${minute}Z`) + 60_000 <= newest - delayMs;
  return rowsPerMinute(events).filter(closed);
}

export const sorted = (rows: readonly MinuteRow[]): MinuteRow[] =>
  [...rows].sort((a, b) => (`${a.minute} ${a.name}` < `${b.minute} ${b.name}` ? -1 : 1));

/** What Connect is to write for each event. */
export interface EventRow {
  readonly id: string;
  readonly name: string;
  /** What the value says, in ms. */
  readonly timestamp: number;
  /** What the record says, in ms. */
  readonly recorded: number;
  readonly quantity?: number;
}

/** In order of id. */
export const rowsOneByOne = (events: readonly WalkerOS.Event[]): EventRow[] =>
  events
    .map(({ id, name, timestamp, data }) => ({
      id,
      name,
      timestamp,
      recorded: timestamp,
      ...(typeof data.quantity === 'number' && { quantity: data.quantity }),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
