import assert from 'node:assert/strict';
import { context, metrics, trace, type Attributes } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  DataPointType,
  MeterProvider,
  MetricReader,
  type Histogram,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
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

/** A metric as the SDK knows it. */
export interface Described {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly kind: 'counter' | 'histogram' | 'gauge';
  /** Of a histogram. */
  readonly buckets?: readonly number[];
}

export interface Sdk {
  /** Every time series of the destination, by the name of its metric. */
  collect(): Promise<Map<string, Point[]>>;
  /** Every metric that has a value. */
  described(): Promise<Described[]>;
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
      return new Map(
        (await collected(reader)).map((metric): [string, Point[]] => [
          metric.descriptor.name,
          metric.dataPointType === DataPointType.HISTOGRAM
            ? metric.dataPoints.map(({ attributes, value }) => ({ attributes, value: summaryOf(value) }))
            : metric.dataPoints.map(({ attributes, value }) => ({ attributes, value: Number(value) })),
        ]),
      );
    },
    described: async () => (await collected(reader)).map(describedOf),
    spans: () => exporter.getFinishedSpans(),
    uninstall() {
      metrics.disable();
      trace.disable();
      context.disable();
    },
  };
}

async function collected(reader: Reader): Promise<MetricData[]> {
  const { resourceMetrics } = await reader.collect();
  return resourceMetrics.scopeMetrics
    .filter(({ scope }) => scope.name === 'walkeros-destination-kafka')
    .flatMap(({ metrics }) => metrics);
}

function describedOf(metric: MetricData): Described {
  const { name, unit, description } = metric.descriptor;
  const told = { name, unit, description };
  switch (metric.dataPointType) {
    case DataPointType.SUM:
      assert.ok(metric.isMonotonic, `${name} can go down`);
      return { ...told, kind: 'counter' };
    case DataPointType.GAUGE:
      return { ...told, kind: 'gauge' };
    case DataPointType.HISTOGRAM:
      return { ...told, kind: 'histogram', buckets: metric.dataPoints[0]?.value.buckets.boundaries ?? [] };
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      throw new Error(`${name} has no buckets of its own`);
  }
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
