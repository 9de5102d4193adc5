import {
  type Attributes,
  type BatchObservableCallback,
  type Meter,
  createNoopMeter,
  metrics as api,
} from '@opentelemetry/api';
import { partsOf } from '../model/cluster.ts';
import type { KafkaError } from '../model/errors.ts';
import { memo } from '../model/memo.ts';
import type { NoticeKind, NoticeOf, Notify } from '../model/notice.ts';
import { catalogue } from './catalogue.ts';
import type { KafkaHealth } from './health.ts';
import {
  type AttributeName,
  type EventMetricName,
  type GaugeName,
  type Labels,
  type Measure,
  type MetricSpec,
  errorType,
  metrics,
} from './metrics.ts';

/** Under this name OpenTelemetry knows where metrics and spans come from. */
export const scope = 'walkeros-destination-kafka';

export interface Metering {
  readonly notify: Notify;
  /** Counts records of a destination that could not open. */
  rejected(records: number, error: KafkaError | undefined): void;
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
    rejected: (records, error) => measure('rejected', records, { error }),
    observe: (health) => observeGauges(meter, id, health),
  };
}

function measureOf<Kind extends NoticeKind>(kind: Kind, notice: NoticeOf<Kind>, measure: Measure): void {
  catalogue[kind].measure?.(notice, measure);
}

function createMeasure(meter: Meter, id: string): Measure {
  const attributesOf = createAttributes(id);
  const instrumentOf = memo((metric: EventMetricName) => {
    const { name, kind, unit, help, buckets }: MetricSpec = metrics[metric];
    if (kind === 'counter') {
      const counter = meter.createCounter(name, { unit, description: help });
      return (value: number, attributes: Attributes): void => counter.add(value, attributes);
    }
    const advice = buckets && { explicitBucketBoundaries: [...buckets] };
    const histogram = meter.createHistogram(name, { unit, description: help, ...(advice && { advice }) });
    return (value: number, attributes: Attributes): void => histogram.record(value, attributes);
  });
  return (metric, value, labels = {}) =>
    instrumentOf(metric)(value, attributesOf(metrics[metric].attributes, labels));
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

export function hostAndPort(broker: string): { 'server.address': string; 'server.port'?: number } {
  const { host, port } = partsOf(broker);
  return { 'server.address': host, ...(port !== undefined && { 'server.port': port }) };
}

/** What each gauge shows; undefined: nothing. `now`: milliseconds since the epoch. */
const gauges: Readonly<Record<GaugeName, (health: KafkaHealth, now: number) => number | undefined>> = {
  connected: ({ connected }) => (connected ? 1 : 0),
  acknowledgementAge: ({ lastAcknowledgedAt }, now) => lastAcknowledgedAt && since(lastAcknowledgedAt, now),
  bufferMessages: ({ waiting }) => waiting.records,
  bufferUsage: ({ waiting }) => waiting.bytes,
  bufferLimit: ({ waiting }) => waiting.limit,
  spoolMessages: ({ spool }) => spool?.records,
  spoolUsage: ({ spool }) => spool?.bytes,
  spoolLimit: ({ spool }) => spool?.limit,
  spoolAge: ({ spool }, now) => spool && (spool.oldest === undefined ? 0 : since(spool.oldest, now)),
};

/** In seconds. */
function since(date: Date, now: number): number {
  return Math.max(0, now - date.getTime()) / 1_000;
}

type Health = () => KafkaHealth;

/** The destinations that a meter shows now, by id: two flows of a process can have one each. */
const shown = new WeakMap<Meter, Map<string, Set<Health>>>();

/**
 * Shows a state whenever metrics are collected, together with the other states of the same id.
 * @returns ends that after one more collection: metric readers keep the last value they got, so what is gone by then shows 0
 */
export function observeGauges(meter: Meter, id: string, health: Health): () => void {
  const attributes = { 'walkeros.destination.id': id };
  const names = Object.keys(gauges) as GaugeName[];
  const instruments = names.map((gauge) => {
    const { name, unit, help } = metrics[gauge];
    return {
      read: gauges[gauge],
      instrument: meter.createObservableGauge(name, { unit, description: help }),
    };
  });
  const observables = instruments.map(({ instrument }) => instrument);
  const namesakes = namesakesOf(meter, id).add(health);
  const seen = new Set<unknown>();
  const observe: BatchObservableCallback = (result) => {
    const now = Date.now();
    // Each callback observes the sum of all: of different values only the last would count.
    const state = together([...(namesakes.size > 0 ? namesakes : [health])].map((each) => each()));
    for (const { read, instrument } of instruments) {
      const value = read(state, now) ?? (seen.has(instrument) ? 0 : undefined);
      if (value === undefined) continue;
      seen.add(instrument);
      result.observe(instrument, value, attributes);
    }
    // Not at once: the SDK iterates over its callbacks here.
    if (!namesakes.has(health)) {
      queueMicrotask(() => meter.removeBatchObservableCallback(observe, observables));
    }
  };
  meter.addBatchObservableCallback(observe, observables);
  return () => void namesakes.delete(health);
}

function namesakesOf(meter: Meter, id: string): Set<Health> {
  const byId = shown.get(meter) ?? new Map<string, Set<Health>>();
  shown.set(meter, byId);
  const namesakes = byId.get(id) ?? new Set();
  byId.set(id, namesakes);
  return namesakes;
}

/** The worst state and the sum of what waits: a destination that is lost must not hide behind one that is well. */
function together(healths: readonly KafkaHealth[]): KafkaHealth {
  return healths.reduce((one, other) => ({
    id: one.id,
    ready: one.ready && other.ready,
    connected: one.connected && other.connected,
    lastAcknowledgedAt: earlier(one.lastAcknowledgedAt, other.lastAcknowledgedAt),
    waiting: {
      records: one.waiting.records + other.waiting.records,
      bytes: one.waiting.bytes + other.waiting.bytes,
      limit: one.waiting.limit + other.waiting.limit,
    },
    keyFallbacks: one.keyFallbacks + other.keyFallbacks,
    spool: inBoth(one.spool, other.spool),
  }));
}

function inBoth(one: KafkaHealth['spool'], other: KafkaHealth['spool']): KafkaHealth['spool'] {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    records: one.records + other.records,
    bytes: one.bytes + other.bytes,
    limit: one.limit + other.limit,
    oldest: earlier(one.oldest, other.oldest),
  };
}

function earlier(one: Date | undefined, other: Date | undefined): Date | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}
