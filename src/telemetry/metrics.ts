import type { KafkaError } from '../model/errors.ts';
import type { ProduceReport } from '../model/outcome.ts';

/**
 * The metrics: names, units and attributes by OpenTelemetry's semantic conventions for messaging (1.45) where those have
 * one, else under `walkeros.kafka.`. docs/telemetry.md is written from here.
 */
export interface MetricSpec {
  readonly name: string;
  readonly kind: 'counter' | 'histogram' | 'gauge';
  /** UCUM, as OpenTelemetry writes it. */
  readonly unit: string;
  readonly help: string;
  /** Beside `walkeros.destination.id`, which all have. */
  readonly attributes: readonly AttributeName[];
  readonly buckets?: readonly number[];
}

/** Attribute names, and what they say. */
export const attributes = {
  'messaging.system': 'always `kafka`',
  'messaging.operation.name': 'always `send`',
  'messaging.operation.type': 'always `send`',
  'messaging.destination.name': 'the topic; `_other` beyond the first 100',
  'server.address': 'host of the broker; `_other` beyond the first 100 brokers',
  'server.port': 'its port',
  'error.type': "Kafka's own error name where the broker sent one, else the code of the `KafkaError`",
  'walkeros.destination.id': 'id of the destination in the flow',
} as const;

export type AttributeName = keyof typeof attributes;

const request = ['messaging.system', 'messaging.operation.name', 'server.address', 'server.port'] as const;
const topic = 'messaging.destination.name';
const error = 'error.type';

/** Of one kind, with the attributes that it has. */
const ofKind =
  <const Kind extends MetricSpec['kind']>(kind: Kind) =>
  (name: string, unit: string, ...attributes: readonly AttributeName[]) => ({ kind, name, unit, attributes });
const counter = ofKind('counter');
const histogram = ofKind('histogram');
const gauge = ofKind('gauge');

export const metrics = {
  sent: {
    ...counter('messaging.client.sent.messages', '{message}', ...request, topic, error),
    help: 'Records sent in produce requests; those that were refused or not answered have `error.type`. A record sent again counts again.',
  },
  duration: {
    ...histogram(
      'messaging.client.operation.duration',
      's',
      ...request,
      'messaging.operation.type',
      topic,
      error,
    ),
    help: 'From the start of a produce request to its outcome. The topic is named where the request has only one.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  },
  batchMessages: {
    ...histogram('walkeros.kafka.batch.messages', '{message}'),
    help: 'Records in one produce request.',
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000],
  },
  batchSize: {
    ...histogram('walkeros.kafka.batch.size', 'By'),
    help: 'Bytes of the record batches in one produce request, as sent.',
    buckets: [256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216],
  },
  compressionRatio: {
    ...histogram('walkeros.kafka.compression.ratio', '1'),
    help: 'Bytes before compression for each byte sent: 4 means a quarter of the size.',
    buckets: [1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20],
  },
  retried: {
    ...counter('walkeros.kafka.retried.messages', '{message}', topic, error),
    help: 'Records that have to be sent again, and why.',
  },
  rejected: {
    ...counter('walkeros.kafka.rejected.messages', '{message}', topic, error),
    help: 'Records whose push failed, and why. If the dead-letter topic also refused the record, the attribute names that topic.',
  },
  deadLettered: {
    ...counter('walkeros.kafka.dead_lettered.messages', '{message}', topic, error),
    help: 'Records stored in the dead-letter topic, by the topic they were meant for, and why.',
  },
  timestampsReplaced: {
    ...counter('walkeros.kafka.timestamp.replaced', '{message}'),
    help: 'Events without a usable timestamp, stored under the time of sending.',
  },
  keyFallbacks: {
    ...counter('walkeros.kafka.key.fallbacks', '{message}'),
    help: "Events in which the key was not found, stored under the event's name.",
  },
  bufferFull: {
    ...counter('walkeros.kafka.buffer.waits', '{message}'),
    help: 'Records that found `bufferMemory` full: they had to wait for room, or, with a spool, went to the disk.',
  },
  connectionFailures: {
    ...counter('walkeros.kafka.connection.failures', '{failure}', error),
    help: 'Times the cluster could not be reached at the start, or stopped answering altogether.',
  },
  schemaFailures: {
    ...counter('walkeros.kafka.schema.failures', '{failure}', topic, error),
    help: 'Look-ups of the schema of a topic that failed, and why.',
  },
  spoolRefused: {
    ...counter('walkeros.kafka.spool.refused.messages', '{message}', topic, error),
    help: 'Records of the spool that the broker will never take, and why.',
  },
  spoolFailures: {
    ...counter('walkeros.kafka.spool.failures', '{failure}', error),
    help: 'Records that the spool could not keep, and damaged spools (without `error.type`).',
  },
  maybeDoubled: {
    ...counter('walkeros.kafka.maybe_doubled.messages', '{message}', topic),
    help: 'Records of an idempotent producer that the topic may have twice, because their first attempt stayed without an answer.',
  },
  connected: {
    ...gauge('walkeros.kafka.connected', '1'),
    help: '1 while a broker answers, 0 while none does.',
  },
  acknowledgementAge: {
    ...gauge('walkeros.kafka.acknowledgement.age', 's'),
    help: 'Time since a broker last acknowledged a record; absent before the first.',
  },
  bufferMessages: {
    ...gauge('walkeros.kafka.buffer.messages', '{message}'),
    help: 'Records under way: taken from a push, not yet settled.',
  },
  bufferUsage: {
    ...gauge('walkeros.kafka.buffer.usage', 'By'),
    help: 'Bytes under way, those that wait for room included.',
  },
  bufferLimit: {
    ...gauge('walkeros.kafka.buffer.limit', 'By'),
    help: '`settings.kafka.bufferMemory`.',
  },
  spoolMessages: {
    ...gauge('walkeros.kafka.spool.messages', '{message}'),
    help: 'Records in the spool; absent without `settings.spool`.',
  },
  spoolUsage: {
    ...gauge('walkeros.kafka.spool.usage', 'By'),
    help: 'Bytes of records in the spool.',
  },
  spoolLimit: {
    ...gauge('walkeros.kafka.spool.limit', 'By'),
    help: '`settings.spool.maxBytes`.',
  },
  spoolAge: {
    ...gauge('walkeros.kafka.spool.age', 's'),
    help: 'How long the oldest record has been in the spool; 0 when it is empty.',
  },
} satisfies Readonly<Record<string, MetricSpec>>;

type MetricName = keyof typeof metrics;

type OfKind<Kind extends MetricSpec['kind']> = {
  [Name in MetricName]: (typeof metrics)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];

export type GaugeName = OfKind<'gauge'>;
/** What is counted or measured when something happens; a gauge is asked when somebody looks. */
export type EventMetricName = OfKind<'counter' | 'histogram'>;

/** What a measured value is about. Never a key or a value of a record. */
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
  const { broker, batches, outcomes, size, startedAt, endedAt } = report;
  const seconds = (endedAt - startedAt) / 1_000;
  measure('duration', seconds, { broker, topic: onlyTopic(report), error: firstError(report) });
  if (outcomes.every(({ kind }) => kind === 'unreachable')) return;
  for (const { topic, error, records } of results(report)) measure('sent', records, { broker, topic, error });
  const records = batches.reduce((sum, { records }) => sum + records.length, 0);
  measure('batchMessages', records);
  if (size === undefined || size.sent === 0) return;
  measure('batchSize', size.sent);
  measure('compressionRatio', size.plain / size.sent);
}

export function firstError({ outcomes }: ProduceReport): KafkaError | undefined {
  for (const outcome of outcomes) if (outcome.kind !== 'stored') return outcome.error;
  return undefined;
}

/** @returns undefined for a request with several topics */
export function onlyTopic({ batches }: ProduceReport): string | undefined {
  const topic = batches[0]?.topic;
  return batches.every((batch) => batch.topic === topic) ? topic : undefined;
}

/** Kafka's own name if the broker sent one: operators look that up. */
export function errorType({ kafkaCode, code }: KafkaError): string {
  return kafkaCode ?? code;
}

interface Result {
  readonly topic: string;
  readonly error: KafkaError | undefined;
  records: number;
}

/** The records of each topic by their result, all partitions of the topic together. */
function results({ batches, outcomes }: ProduceReport): Iterable<Result> {
  const found = new Map<string, Result>();
  batches.forEach(({ topic, records }, index) => {
    const outcome = outcomes[index];
    const error = outcome === undefined || outcome.kind === 'stored' ? undefined : outcome.error;
    const key = error === undefined ? topic : `${topic} ${errorType(error)}`;
    const result = found.get(key) ?? { topic, error, records: 0 };
    result.records += records.length;
    found.set(key, result);
  });
  return found.values();
}
