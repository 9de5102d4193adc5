import type { BatchObservableCallback, Meter } from '@opentelemetry/api';
import type { KafkaHealth } from './health.ts';
import { metrics, type GaugeName } from './metrics.ts';

/** What each gauge shows; undefined: nothing. `now`: milliseconds since the epoch. */
const gauges: Readonly<Record<GaugeName, (health: KafkaHealth, now: number) => number | undefined>> = {
  connected: ({ connected }) => (connected ? 1 : 0),
  acknowledgementAge: ({ lastAcknowledgedAt }, now) => lastAcknowledgedAt && since(lastAcknowledgedAt, now),
  bufferMessages: ({ waiting }) => waiting.records,
  bufferUsage: ({ waiting }) => waiting.bytes,
  bufferLimit: ({ waiting }) => waiting.limit,
  spoolMessages: ({ spool }) => spool?.records,
  spoolUsage: ({ spool }) => spool?.bytes,
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
 * @returns ends that after one more collection: metric readers keep the last value they got
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
  const observe: BatchObservableCallback = (result) => {
    const now = Date.now();
    // Each callback observes the sum of all: of different values only the last would count.
    const state = together([...(namesakes.size > 0 ? namesakes : [health])].map((each) => each()));
    for (const { read, instrument } of instruments) {
      const value = read(state, now);
      if (value !== undefined) result.observe(instrument, value, attributes);
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
    connected: one.connected && other.connected,
    lastAcknowledgedAt: earlier(one.lastAcknowledgedAt, other.lastAcknowledgedAt),
    waiting: {
      records: one.waiting.records + other.waiting.records,
      bytes: one.waiting.bytes + other.waiting.bytes,
      limit: one.waiting.limit + other.waiting.limit,
    },
    spool: inBoth(one.spool, other.spool),
  }));
}

function inBoth(one: KafkaHealth['spool'], other: KafkaHealth['spool']): KafkaHealth['spool'] {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    records: one.records + other.records,
    bytes: one.bytes + other.bytes,
    oldest: earlier(one.oldest, other.oldest),
  };
}

function earlier(one: Date | undefined, other: Date | undefined): Date | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}
