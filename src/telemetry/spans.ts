import {
  context,
  isSpanContextValid,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Link,
  type Tracer,
} from '@opentelemetry/api';
import type { ProduceReport } from '../model/outcome.ts';
import type { TraceContext } from '../model/record.ts';
import { hostAndPort, scope } from './meter.ts';
import { errorType, firstError, onlyTopic } from './metrics.ts';

/**
 * A request may carry ten thousand records, and a link costs a microsecond: the SDK's copy of it lives until the span is
 * exported. With 128, all that an SDK keeps by default, a flow took 4 to 5 % more of the main thread; with 32 it takes 2 to 3.
 */
const linkLimit = 32;

interface Spans {
  /** Makes the span of a produce request, after its outcome is known. */
  record(report: ProduceReport): void;
  /** The span that is open where a push comes from. */
  active(): TraceContext | undefined;
}

/** @returns undefined if no OpenTelemetry SDK is installed: events need no trace then */
export function createSpans(id: string, clientId: string): Spans | undefined {
  const provider = trace.getTracerProvider();
  const nobody = new ProxyTracerProvider().getDelegate();
  if (provider instanceof ProxyTracerProvider && provider.getDelegate() === nobody) return undefined;
  const tracer = trace.getTracer(scope);
  return {
    record: (report) =>
      recordSpan(tracer, report, { 'walkeros.destination.id': id, 'messaging.client.id': clientId }),
    active: () => trace.getSpanContext(context.active()),
  };
}

function recordSpan(tracer: Tracer, report: ProduceReport, common: Attributes): void {
  const topic = onlyTopic(report);
  const error = firstError(report);
  const span = tracer.startSpan(
    topic === undefined ? 'send' : `send ${topic}`,
    {
      // Consumers continue the traces of the events; this span only carries them.
      kind: SpanKind.CLIENT,
      startTime: performance.timeOrigin + report.startedAt,
      attributes: {
        ...common,
        ...attributesOf(report, topic),
        ...(error && { 'error.type': errorType(error) }),
      },
      links: linksOf(report),
    },
    // The span that is open now belongs to one of the events at most.
    ROOT_CONTEXT,
  );
  if (error) span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  span.end(performance.timeOrigin + report.endedAt);
}

function attributesOf({ broker, batches }: ProduceReport, topic: string | undefined): Attributes {
  const [first, ...more] = batches;
  return {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    'messaging.batch.message_count': batches.reduce((sum, { records }) => sum + records.length, 0),
    ...hostAndPort(broker),
    ...(topic !== undefined && { 'messaging.destination.name': topic }),
    ...(first && more.length === 0 && { 'messaging.destination.partition.id': String(first.partition) }),
  };
}

/** Links to the first 32 traces of the events inside, each once. */
function linksOf({ batches }: ProduceReport): Link[] {
  const links: Link[] = [];
  const seen = new Set<string>();
  for (const { records } of batches) {
    for (const { trace } of records) {
      if (links.length === linkLimit) return links;
      // The 64 random bits of the span id suffice: a key of both ids would be built for every record.
      if (trace === undefined || seen.has(trace.spanId) || !isSpanContextValid(trace)) continue;
      seen.add(trace.spanId);
      links.push({ context: trace });
    }
  }
  return links;
}
