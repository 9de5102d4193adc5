import { createNoopMeter, metrics as api, type Attributes, type Meter } from '@opentelemetry/api';
import type { Notice, NoticeKind, NoticeOf, Notify } from '../model/notice.ts';
import { boundedNames } from './bounded-names.ts';
import { hostAndPort } from './broker-address.ts';
import { catalogue } from './catalogue.ts';
import { observeGauges } from './gauges.ts';
import type { KafkaHealth } from './health.ts';
import { errorType, type Labels, type Measure } from './measurement.ts';
import { metrics, type AttributeName, type EventMetricName, type MetricSpec } from './metrics.ts';

/** Under this name OpenTelemetry knows where metrics and spans come from. */
export const scope = 'walkeros-destination-kafka';

export interface Metering {
  readonly notify: Notify;
  /**
   * Shows a state whenever metrics are collected.
   * @returns ends that, once what is left was shown: readers that are told nothing more keep the last they were told
   */
  observe(health: () => KafkaHealth): () => void;
}

/** @returns undefined where no OpenTelemetry SDK is installed, so that nothing need be counted */
export function createMetering(id: string): Metering | undefined {
  const meter = api.getMeter(scope);
  if (meter === createNoopMeter()) return undefined;
  const measure = createMeasure(meter, id);
  return {
    notify: (notice) => measureOf(notice.kind, notice, measure),
    observe: (health) => observeGauges(meter, id, health),
  };
}

function measureOf<Kind extends NoticeKind>(
  kind: Kind,
  notice: NoticeOf<Kind> & Notice,
  measure: Measure,
): void {
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

/** The attributes that a metric has, and no others: each value more is a time series more. */
function createAttributes(id: string): (names: readonly AttributeName[], labels: Labels) => Attributes {
  const topicName = boundedNames();
  const brokerName = boundedNames();
  return (names, { topic, broker, error }) => {
    const attributes: Attributes = { 'walkeros.destination.id': id };
    for (const name of names) {
      switch (name) {
        case 'messaging.system':
          attributes[name] = 'kafka';
          break;
        case 'messaging.operation.name':
        case 'messaging.operation.type':
          attributes[name] = 'send';
          break;
        case 'messaging.destination.name':
          if (topic !== undefined) attributes[name] = topicName(topic);
          break;
        case 'server.address':
          if (broker !== undefined) Object.assign(attributes, hostAndPort(brokerName(broker)));
          break;
        case 'error.type':
          if (error !== undefined) attributes[name] = errorType(error);
          break;
        case 'server.port':
        case 'walkeros.destination.id':
          break;
      }
    }
    return attributes;
  };
}
