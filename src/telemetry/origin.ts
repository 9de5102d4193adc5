import { TraceFlags } from '@opentelemetry/api';
import { getByPath } from '@walkeros/core';
import type { Ingest, WalkerOS } from '@walkeros/core';
import type { KafkaRecord, TraceContext } from '../model/record.ts';
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
  active: (() => TraceContext | undefined) | undefined,
): MarkOrigin | undefined {
  if (path === undefined && active === undefined) return undefined;
  return (record, origin) => {
    const carried = path === undefined ? undefined : carriedAt(path, origin);
    if (carried !== undefined) {
      return { ...record, headers: { ...record.headers, traceparent: carried.header }, trace: carried.trace };
    }
    if (active === undefined) return record;
    const open = origin.pushed ? active() : undefined;
    return { ...record, trace: open ?? walkerContext(origin.event) };
  };
}

function carriedAt(path: string, { event, ingest }: Origin) {
  const header = getByPath(path.startsWith('ingest.') ? { ingest } : event, path);
  if (typeof header !== 'string') return undefined;
  const trace = parseTraceparent(header);
  return trace && { header, trace };
}

/** Of all events, though a request names the traces of a few: nothing is written or checked here that may not be needed. */
function walkerContext({ id, source }: Partial<WalkerOS.Event>): TraceContext | undefined {
  // A policy may have taken either away.
  if (id === undefined || source?.trace === undefined) return undefined;
  return { traceId: source.trace, spanId: id, traceFlags: TraceFlags.SAMPLED };
}
