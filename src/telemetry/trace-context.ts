import { TraceFlags } from '@opentelemetry/api';
import type { TraceContext } from '../model/record.ts';

/** W3C Trace Context: version, trace id, span id, flags, and what later versions than 00 append. */
const shape = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Of a `traceparent`, as the header of that name writes it. Undefined where it is none. */
export function parseTraceparent(traceparent: string): TraceContext | undefined {
  const [, version, traceId, spanId, flags = '', more] = shape.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}
