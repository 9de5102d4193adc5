import { context, metrics, trace, type Attributes } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { DataPointType, MeterProvider, MetricReader, type Histogram } from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace';

export interface Point {
  readonly attributes: Attributes;
  /** Of a histogram: how many values, and their sum. */
  readonly value: number | { readonly count: number; readonly sum: number };
}

export interface Sdk {
  /** Every time series of the destination, by the name of its metric. */
  collect(): Promise<Map<string, Point[]>>;
  spans(): ReadableSpan[];
  uninstall(): void;
}

/** A real OpenTelemetry SDK, global as users install it. One at a time. */
export function installSdk(): Sdk {
  const reader = new Reader();
  const exporter = new InMemorySpanExporter();
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  );
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return {
    async collect() {
      const { resourceMetrics } = await reader.collect();
      const ours = resourceMetrics.scopeMetrics.filter(
        ({ scope }) => scope.name === 'walkeros-destination-kafka',
      );
      return new Map(
        ours.flatMap(({ metrics }) =>
          metrics.map((metric): [string, Point[]] => [
            metric.descriptor.name,
            metric.dataPointType === DataPointType.HISTOGRAM
              ? metric.dataPoints.map(({ attributes, value }) => ({ attributes, value: summaryOf(value) }))
              : metric.dataPoints.map(({ attributes, value }) => ({ attributes, value: Number(value) })),
          ]),
        ),
      );
    },
    spans: () => exporter.getFinishedSpans(),
    uninstall() {
      metrics.disable();
      trace.disable();
      context.disable();
    },
  };
}

function summaryOf({ count, sum = 0 }: Histogram): { count: number; sum: number } {
  return { count, sum };
}

/** Collects when it is asked to. */
class Reader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}
