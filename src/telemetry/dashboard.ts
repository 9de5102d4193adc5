import { quantile, series, source } from './alerts.ts';
import { metrics } from './metrics.ts';

type Metric = keyof typeof metrics;

interface Panel {
  readonly title: string;
  /** Of Grafana. */
  readonly unit: string;
  /** PromQL, and the legend of what it gives. */
  readonly queries: readonly (readonly [expr: string, legend: string])[];
}

const id = '{{walkeros_destination_id}}';

const gaugeOf = (metric: Metric): [string, string] => [series(metric), `${id} ${metrics[metric].name}`];
const rateOf = (metric: Metric): [string, string] => [
  `sum by (${source}, error_type) (rate(${series(metric)}[$__rate_interval]))`,
  `${id} ${metrics[metric].name} {{error_type}}`,
];
/** A counter comes with its first count: the rate would never show it, and for most failures it is the only one. */
const countOf = (metric: Metric): [string, string] => {
  const counter = series(metric);
  const grown = `(${counter} unless ${counter} offset $__rate_interval) or increase(${counter}[$__rate_interval])`;
  return [`sum by (${source}, error_type) (${grown})`, `${id} ${metrics[metric].name} {{error_type}}`];
};
const spreadOf = (metric: Metric): [string, string][] => [
  [quantile(metric, 0.5), `${id} 50 %`],
  [quantile(metric, 0.99), `${id} 99 %`],
];

const panels: readonly Panel[] = [
  { title: 'Records sent', unit: 'cps', queries: [rateOf('sent')] },
  { title: 'Time of a produce request', unit: 's', queries: spreadOf('duration') },
  { title: 'Connected', unit: 'none', queries: [gaugeOf('connected')] },
  { title: 'Since the last acknowledgement', unit: 's', queries: [gaugeOf('acknowledgementAge')] },
  {
    title: 'Failed, refused, sent again: records in each interval',
    unit: 'none',
    queries: [countOf('rejected'), countOf('deadLettered'), countOf('retried'), countOf('maybeDoubled')],
  },
  {
    title: 'Connections, schemas, spool: failures in each interval',
    unit: 'none',
    queries: [
      countOf('connectionFailures'),
      countOf('schemaFailures'),
      countOf('spoolFailures'),
      countOf('spoolRefused'),
    ],
  },
  { title: 'Under way', unit: 'bytes', queries: [gaugeOf('bufferUsage'), gaugeOf('bufferLimit')] },
  { title: 'Records under way', unit: 'none', queries: [gaugeOf('bufferMessages'), countOf('bufferFull')] },
  { title: 'Spool', unit: 'bytes', queries: [gaugeOf('spoolUsage'), gaugeOf('spoolLimit')] },
  { title: 'Records in the spool', unit: 'none', queries: [gaugeOf('spoolMessages')] },
  { title: 'Age of the spool', unit: 's', queries: [gaugeOf('spoolAge')] },
  { title: 'Records in a request', unit: 'none', queries: spreadOf('batchMessages') },
  { title: 'Bytes of a request', unit: 'bytes', queries: spreadOf('batchSize') },
  { title: 'Compression', unit: 'none', queries: spreadOf('compressionRatio') },
  {
    title: 'Without key or timestamp: events in each interval',
    unit: 'none',
    queries: [countOf('keyFallbacks'), countOf('timestampsReplaced')],
  },
];

const [columns, width, height] = [2, 12, 8];
const datasource = { type: 'prometheus', uid: '${datasource}' };

/** A dashboard of Grafana: every metric of the destination, of the Prometheus that is chosen above it. */
export function dashboard(): string {
  const shown = panels.map(({ title, unit, queries }, index) => ({
    id: index + 1,
    type: 'timeseries',
    title,
    datasource,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    gridPos: { x: (index % columns) * width, y: Math.floor(index / columns) * height, w: width, h: height },
    targets: queries.map(([expr, legendFormat], query) => ({
      refId: String.fromCharCode(65 + query),
      datasource,
      expr,
      legendFormat,
    })),
  }));
  const board = {
    title: 'walkerOS to Kafka',
    uid: 'walkeros-kafka',
    tags: ['walkeros', 'kafka'],
    schemaVersion: 39,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus' }] },
    panels: shown,
  };
  return `${JSON.stringify(board, undefined, 2)}\n`;
}
