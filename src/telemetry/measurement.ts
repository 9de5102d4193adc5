import type { KafkaError } from '../model/errors.ts';
import type { ProduceReport } from '../model/outcome.ts';
import type { EventMetricName } from './metrics.ts';

/** What one value is about. Never a key, never a value of a record. */
export interface Labels {
  readonly topic?: string | undefined;
  /** `host:port` */
  readonly broker?: string;
  readonly error?: KafkaError | undefined;
}

/** Adds to a counter, or records in a histogram. */
export type Measure = (metric: EventMetricName, value: number, labels?: Labels) => void;

/** The metrics of one produce request: a handful of values, however many records it carries. */
export function measureRequest(report: ProduceReport, measure: Measure): void {
  const { broker, slices, size, startedAt, endedAt } = report;
  const reached = wasSent(report);
  const error = firstError(report);
  measure('duration', (endedAt - startedAt) / 1_000, { broker, topic: onlyTopic(report), error });
  if (!reached) return;
  for (const { topic, error, records } of fates(report)) measure('sent', records, { broker, topic, error });
  measure(
    'batchMessages',
    slices.reduce((sum, { records }) => sum + records.length, 0),
  );
  if (size === undefined || size.sent === 0) return;
  measure('batchSize', size.sent);
  measure('compressionRatio', size.plain / size.sent);
}

export function wasSent({ outcomes }: ProduceReport): boolean {
  return outcomes.some(({ kind }) => kind !== 'unreachable');
}

export function firstError({ outcomes }: ProduceReport): KafkaError | undefined {
  for (const outcome of outcomes) if (outcome.kind !== 'stored') return outcome.error;
  return undefined;
}

/** The topic of a request that has no other. */
export function onlyTopic({ slices }: ProduceReport): string | undefined {
  const topic = slices[0]?.topic;
  return slices.every((slice) => slice.topic === topic) ? topic : undefined;
}

/** By Kafka's own name where the broker gave one: that is what an operator looks up. */
export function errorType({ kafkaCode, code }: KafkaError): string {
  return kafkaCode ?? code;
}

interface Fate {
  readonly topic: string;
  readonly error: KafkaError | undefined;
  records: number;
}

/** How many records of each topic met the same end: the slices of a topic's partitions together. */
function fates({ slices, outcomes }: ProduceReport): Iterable<Fate> {
  const found = new Map<string, Fate>();
  slices.forEach(({ topic, records }, index) => {
    const outcome = outcomes[index];
    const error = outcome === undefined || outcome.kind === 'stored' ? undefined : outcome.error;
    const key = error === undefined ? topic : `${topic} ${errorType(error)}`;
    const fate = found.get(key) ?? { topic, error, records: 0 };
    fate.records += records.length;
    found.set(key, fate);
  });
  return found.values();
}
