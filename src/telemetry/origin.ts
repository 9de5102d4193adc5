import { getByPath } from '@walkeros/core';
import type { Ingest, WalkerOS } from '@walkeros/core';
import type { KafkaRecord } from '../vocabulary/record.ts';
import { parseTraceparent } from './trace-context.ts';

/** Notes on a record where its event comes from, for spans and for whoever reads the record. */
export type MarkOrigin = (record: KafkaRecord, origin: Origin) => KafkaRecord;

export interface Origin {
  readonly event: WalkerOS.Event;
  /** What the source knew of the request that the event came with. */
  readonly ingest: Ingest | undefined;
  /** The record is made in the course of its push: what is going on now is what it belongs to. */
  readonly pushed: boolean;
}

/**
 * An event belongs to the first of these: the trace that it carries at `path`, the span that is open while it is pushed,
 * walkerOS' own ids (`source.trace` and `id`, which are W3C's in form). Only the first goes out as a header, for it alone
 * was meant for others.
 *
 * @param path leads to a `traceparent` in the event, or in the ingest data where it begins with `ingest.`
 * @param active the open span; undefined where nobody records spans
 * @returns undefined where there is nothing to note
 */
export function createMark(
  path: string | undefined,
  active: (() => string | undefined) | undefined,
): MarkOrigin | undefined {
  if (path === undefined && active === undefined) return undefined;
  return (record, origin) => {
    const carried = path === undefined ? undefined : carriedAt(path, origin);
    if (carried !== undefined) {
      return { ...record, headers: { ...record.headers, traceparent: carried }, traceparent: carried };
    }
    if (active === undefined) return record;
    const open = origin.pushed ? active() : undefined;
    return { ...record, traceparent: open ?? walkerContext(origin.event) };
  };
}

function carriedAt(path: string, { event, ingest }: Origin): string | undefined {
  const value = getByPath(path.startsWith('ingest.') ? { ingest } : event, path);
  if (typeof value !== 'string') return undefined;
  return parseTraceparent(value) === undefined ? undefined : value;
}

function walkerContext({ id, source }: WalkerOS.Event): string | undefined {
  return source.trace === undefined ? undefined : `00-${source.trace}-${id}-01`;
}
