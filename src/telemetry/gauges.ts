import type { BatchObservableCallback, Meter } from '@opentelemetry/api';
import { gauges } from './catalogue.ts';
import type { KafkaHealth } from './health.ts';
import { metrics, type GaugeName } from './metrics.ts';

type Health = () => KafkaHealth;

/** What is shown through a meter now, by the id of the destination: two flows of a process can have one each. */
const shown = new WeakMap<Meter, Map<string, Set<Health>>>();

/**
 * Shows a state whenever metrics are collected, together with those of the same id.
 * @returns ends that, once what is left was shown
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
    // Each observes the same for all of them: of what they observe in turn, only the last would count.
    const state = together([...(namesakes.size > 0 ? namesakes : [health])].map((each) => each()));
    for (const { read, instrument } of instruments) {
      const value = read(state, now);
      if (value !== undefined) result.observe(instrument, value, attributes);
    }
    // Not at once: the SDK is going through its callbacks just now.
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

/** The worst of each and the sum of what waits: one that is lost is not to hide behind one that is well. */
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
