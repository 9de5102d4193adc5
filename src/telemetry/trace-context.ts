import { TraceFlags } from '@opentelemetry/api';
import { getByPath, type Ingest, type WalkerOS } from '@walkeros/core';
import type { KafkaRecord, TraceContext } from '../model/record.ts';

/** Gives a record the trace of its event, for spans and for consumers. */
export type AttachTrace = (record: KafkaRecord, origin: Origin) => KafkaRecord;

export interface Origin {
  readonly event: WalkerOS.Event;
  /** What the source knows of the request that brought the event. */
  readonly ingest: Ingest | undefined;
  /** The record is made during its push: it belongs to the span that is open now. */
  readonly pushed: boolean;
}

/**
 * An event belongs to the first of these: the trace that it carries at `path`, the span that is open while it is pushed,
 * walkerOS' own ids (`source.trace` and `id`, which have W3C's form). Only the first is sent as a header: the others were not
 * meant for consumers.
 *
 * @param path of a `traceparent` in the event, or in the ingest data if it begins with `ingest.`
 * @param active the open span; undefined if nobody records spans
 * @returns undefined if no record gets a trace
 */
export function createAttachTrace(
  path: string | undefined,
  active: (() => TraceContext | undefined) | undefined,
): AttachTrace | undefined {
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

/** Called for every event, though a request links to a few: the ids are checked only there. */
function walkerContext({ id, source }: Partial<WalkerOS.Event>): TraceContext | undefined {
  // A policy may have taken either away.
  if (id === undefined || source?.trace === undefined) return undefined;
  return { traceId: source.trace, spanId: id, traceFlags: TraceFlags.SAMPLED };
}

/** W3C Trace Context: version, trace id, span id, flags, and what later versions than 00 append. */
const shape = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** @returns undefined if the text is no `traceparent` */
export function parseTraceparent(traceparent: string): TraceContext | undefined {
  const [, version, traceId, spanId, flags = '', more] = shape.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}
