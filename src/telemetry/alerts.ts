import { metrics, type MetricSpec } from './metrics.ts';

/**
 * The alerts of docs/telemetry.md, as Prometheus knows them. The table of the guide, the rules file and its tests are written
 * from here.
 */
interface Alert {
  readonly name: string;
  readonly severity: 'critical' | 'warning';
  /** PromQL; what it gives is what fires. */
  readonly expr: string;
  /** How long it has to hold. */
  readonly for: string;
  /** For the guide. */
  readonly when: string;
  readonly because: string;
  /** A heading of docs/troubleshooting.md, or a page. */
  readonly runbook: string;
}

type Metric = keyof typeof metrics;

/** The labels that a series has of where it comes from. */
export const source = 'job, instance, walkeros_destination_id';

/**
 * A metric by the name that exporters give it: those of the OpenTelemetry Collector and of Prometheus' own OTLP receiver add the unit,
 * that of the SDK for Node does not.
 * @param matchers further ones, such as `le="1"`
 */
export function series(metric: Metric, part = '', matchers: readonly string[] = []): string {
  const { name, kind, unit }: Pick<MetricSpec, 'name' | 'kind' | 'unit'> = metrics[metric];
  const suffix = { By: '(_bytes)?', s: '(_seconds)?', '1': kind === 'gauge' ? '(_ratio)?' : '' }[unit] ?? '';
  const total = kind === 'counter' ? '_total' : '';
  const plain = name.replaceAll('.', '_');
  if (suffix === '') return `${plain}${total}${part}${matchers.length > 0 ? `{${matchers.join(', ')}}` : ''}`;
  return `{${[`__name__=~"${plain}${suffix}${total}${part}"`, ...matchers].join(', ')}}`;
}

/** A counter comes with its first count, so that the first one is no increase: what was not there five minutes ago counts as well. */
function grows(metric: Metric): string {
  const counter = series(metric);
  return `increase(${counter}[5m]) > 0 or (${counter} > 0 unless ${counter} offset 5m)`;
}

const code = (metric: Metric): string => `\`${metrics[metric].name}\``;

export const alerts: readonly Alert[] = [
  {
    name: 'WalkerosKafkaRejected',
    severity: 'critical',
    expr: grows('rejected'),
    for: '0m',
    when: `${code('rejected')} grows`,
    because: 'pushes fail; `error.type` says why',
    runbook: 'troubleshooting.md#sending',
  },
  {
    name: 'WalkerosKafkaDeadLettered',
    severity: 'warning',
    expr: grows('deadLettered'),
    for: '0m',
    when: `${code('deadLettered')} grows`,
    because: 'records wait until somebody fixes the cause and resends them',
    runbook: 'troubleshooting.md#dead-letters',
  },
  {
    name: 'WalkerosKafkaDisconnected',
    severity: 'critical',
    // Metric readers keep what a closed destination showed last: its limit is 0.
    expr: `${series('connected')} == 0 and ${series('bufferLimit')} > 0`,
    for: '1m',
    when: `${code('connected')} is 0 for a minute`,
    because: 'no broker answers',
    runbook: 'troubleshooting.md#connecting',
  },
  {
    name: 'WalkerosKafkaBufferFilling',
    severity: 'warning',
    expr: `${series('bufferUsage')} > 0.5 * ${series('bufferLimit')}`,
    for: '1m',
    when: `${code('bufferUsage')} is over half of ${code('bufferLimit')} for a minute`,
    because: 'events arrive faster than the cluster takes them',
    runbook: 'troubleshooting.md#sending',
  },
  {
    name: 'WalkerosKafkaNotAcknowledged',
    severity: 'critical',
    // Not "and … > 30": the age is absent before the first acknowledgement. Not at once: an idle flow has an old one.
    expr: `${series('bufferMessages')} > 0 unless ${series('acknowledgementAge')} <= 30`,
    for: '30s',
    when: `${code('bufferMessages')} > 0 for 30 s, and ${code('acknowledgementAge')} > 30 s or absent`,
    because: 'records wait, and none is acknowledged',
    runbook: 'troubleshooting.md#sending',
  },
  {
    name: 'WalkerosKafkaSpoolOld',
    severity: 'warning',
    expr: `${series('spoolAge')} > 300`,
    for: '0m',
    when: `${code('spoolAge')} is over five minutes`,
    because: 'spooled records are not delivered',
    runbook: 'troubleshooting.md#the-spool',
  },
  {
    name: 'WalkerosKafkaSpoolFilling',
    severity: 'critical',
    expr: `${series('spoolUsage')} > 0.5 * ${series('spoolLimit')}`,
    for: '0m',
    when: `${code('spoolUsage')} is over half of ${code('spoolLimit')}`,
    because: 'pushes fail once the spool is full',
    runbook: 'troubleshooting.md#the-spool',
  },
  {
    name: 'WalkerosKafkaSpoolTrouble',
    severity: 'critical',
    expr: [grows('spoolRefused'), grows('spoolFailures')].join(' or '),
    for: '0m',
    when: `${code('spoolRefused')} or ${code('spoolFailures')} grows`,
    because: 'acknowledged records need attention, or the disk does',
    runbook: 'troubleshooting.md#the-spool',
  },
  {
    name: 'WalkerosKafkaSchemaFailures',
    severity: 'warning',
    expr: grows('schemaFailures'),
    for: '0m',
    when: `${code('schemaFailures')} grows`,
    because: 'events wait for a schema, or are rejected',
    runbook: 'troubleshooting.md#the-schema-registry',
  },
  {
    name: 'WalkerosKafkaSlow',
    severity: 'warning',
    expr: `${quantile('duration', 0.99)} > 0.5`,
    for: '1m',
    when: `99th percentile of ${code('duration')} is over half a second for a minute`,
    because: 'brokers or network are slow',
    runbook: 'performance.md',
  },
];

export function quantile(metric: Metric, share: number): string {
  return `histogram_quantile(${share}, sum by (le, ${source}) (rate(${series(metric, '_bucket')}[5m])))`;
}

/** @param docs address of the guides, for the runbooks */
export function alertRules(docs: string): string {
  const rules = alerts.flatMap(({ name, severity, expr, for: lasting, because, runbook }) => [
    `      - alert: ${name}`,
    `        expr: ${JSON.stringify(expr)}`,
    `        for: ${lasting}`,
    '        labels:',
    `          severity: ${severity}`,
    '        annotations:',
    `          summary: ${JSON.stringify(`Kafka destination {{ $labels.walkeros_destination_id }}: ${because.replaceAll('`', '')}`)}`,
    `          runbook_url: ${JSON.stringify(`${docs}/${runbook}`)}`,
  ]);
  return ['groups:', '  - name: walkeros-kafka', '    rules:', ...rules, ''].join('\n');
}
