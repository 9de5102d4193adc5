import { createNoopMeter, metrics as api, type Attributes, type Meter } from '@opentelemetry/api';
import { partsOf } from '../model/cluster.ts';
import type { NoticeKind, NoticeOf, Notify } from '../model/notice.ts';
import { catalogue } from './catalogue.ts';
import { observeGauges } from './gauges.ts';
import type { KafkaHealth } from './health.ts';
import {
  errorType,
  metrics,
  type AttributeName,
  type EventMetricName,
  type Labels,
  type Measure,
  type MetricSpec,
} from './metrics.ts';

/** Under this name OpenTelemetry knows where metrics and spans come from. */
export const scope = 'walkeros-destination-kafka';

export interface Metering {
  readonly notify: Notify;
  /** As `observeGauges`. */
  observe(health: () => KafkaHealth): () => void;
}

/** @returns undefined if no OpenTelemetry SDK is installed: nothing is counted then */
export function createMetering(id: string): Metering | undefined {
  const meter = api.getMeter(scope);
  if (meter === createNoopMeter()) return undefined;
  const measure = createMeasure(meter, id);
  return {
    notify: (notice) => measureOf(notice.kind, notice, measure),
    observe: (health) => observeGauges(meter, id, health),
  };
}

function measureOf<Kind extends NoticeKind>(kind: Kind, notice: NoticeOf<Kind>, measure: Measure): void {
  catalogue[kind].measure?.(notice, measure);
}

function createMeasure(meter: Meter, id: string): Measure {
  const attributesOf = createAttributes(id);
  const instruments = new Map<EventMetricName, (value: number, attributes: Attributes) => void>();
  const create = ({ name, kind, unit, help, buckets }: MetricSpec) => {
    if (kind === 'counter') {
      const counter = meter.createCounter(name, { unit, description: help });
      return (value: number, attributes: Attributes): void => counter.add(value, attributes);
    }
    const advice = buckets && { explicitBucketBoundaries: [...buckets] };
    const histogram = meter.createHistogram(name, { unit, description: help, ...(advice && { advice }) });
    return (value: number, attributes: Attributes): void => histogram.record(value, attributes);
  };
  return (metric, value, labels = {}) => {
    const spec = metrics[metric];
    let instrument = instruments.get(metric);
    if (instrument === undefined) instruments.set(metric, (instrument = create(spec)));
    instrument(value, attributesOf(spec.attributes, labels));
  };
}

/** Only the attributes that the metric has: each further value is a further time series. */
function createAttributes(id: string): (names: readonly AttributeName[], labels: Labels) => Attributes {
  const topicName = boundedNames();
  const brokerName = boundedNames();
  return (names, { topic, broker, error }) => {
    const attributes: Attributes = { 'walkeros.destination.id': id };
    for (const name of names) {
      if (name === 'messaging.system') attributes[name] = 'kafka';
      else if (name.startsWith('messaging.operation.')) attributes[name] = 'send';
      else if (name === 'messaging.destination.name' && topic !== undefined)
        attributes[name] = topicName(topic);
      else if (name === 'server.address' && broker !== undefined)
        Object.assign(attributes, hostAndPort(brokerName(broker)));
      else if (name === 'error.type' && error !== undefined) attributes[name] = errorType(error);
    }
    return attributes;
  };
}

/** So many topics, and so many brokers, keep their name in metrics. */
const nameLimit = 100;
/** OpenTelemetry's own word for the rest. */
const other = '_other';

/**
 * Passes the first hundred names and calls the rest `_other`: each new name is a new time series in the metrics backend, for
 * ever, and rules can name any number of topics.
 */
export function boundedNames(): (name: string) => string {
  const known = new Set<string>();
  return (name) => {
    if (known.has(name)) return name;
    if (known.size >= nameLimit) return other;
    known.add(name);
    return name;
  };
}

/** The address of a broker in the attributes of OpenTelemetry. */
export function hostAndPort(broker: string): { 'server.address': string; 'server.port'?: number } {
  const { host, port } = partsOf(broker);
  return { 'server.address': host, ...(port !== undefined && { 'server.port': port }) };
}
