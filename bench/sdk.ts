import { context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace';

/** What of an OpenTelemetry SDK is installed. */
export interface Signals {
  readonly metrics?: boolean;
  readonly spans?: boolean;
}

export interface Sdk {
  /** Whether who asks for an SDK from here on finds it. At first nobody does. */
  show(visible: boolean): void;
  /** Exports what is left, and tells how much there was: an SDK that saw nothing cost nothing. */
  end(): Promise<{ readonly points: number; readonly spans: number }>;
}

/** `ExportResultCode.SUCCESS` of @opentelemetry/core. */
const success = 0;

/** As users have it in production, but that the exporters throw everything away. */
export function installSdk(signals: Signals): Sdk {
  let points = 0;
  let spans = 0;
  const shows: (() => void)[] = [];
  const ends: (() => Promise<void>)[] = [];
  if (signals.metrics === true) {
    const exporter: PushMetricExporter = {
      export({ scopeMetrics }, done) {
        for (const { metrics } of scopeMetrics)
          for (const { dataPoints } of metrics) points += dataPoints.length;
        done({ code: success });
      },
      selectAggregationTemporality: () => AggregationTemporality.CUMULATIVE,
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    };
    const reader = new PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis: 1_000,
      exportTimeoutMillis: 500,
    });
    const provider = new MeterProvider({ readers: [reader] });
    shows.push(() => metrics.setGlobalMeterProvider(provider));
    ends.push(() => provider.shutdown());
  }
  if (signals.spans === true) {
    const exporter: SpanExporter = {
      export(batch, done) {
        spans += batch.length;
        done({ code: success });
      },
      shutdown: () => Promise.resolve(),
    };
    const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] });
    // Stays in any case: spans look for the open one each time.
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    shows.push(() => trace.setGlobalTracerProvider(provider));
    ends.push(() => provider.shutdown());
  }
  return {
    show(visible) {
      metrics.disable();
      trace.disable();
      if (visible) for (const show of shows) show();
    },
    async end() {
      for (const end of ends) await end();
      return { points, spans };
    },
  };
}
