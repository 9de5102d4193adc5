import { z } from 'zod';
import { KafkaError } from '../model/errors.ts';
import { propertyOf } from '../model/foreign.ts';
import type { HealthAddress } from '../telemetry/health-port.ts';
import { mappingProblems, rulePaths, valueRegistries } from './mapping.ts';
import { regionOf, regionOfEnvironment } from './msk.ts';
import type { Options } from './options.ts';
import { countOf, problemsOf, protoProblems, sentenceOf } from './problems.ts';
import { registryWarnings } from './registry-facts.ts';
import { valueChoice } from './resolve-value.ts';
import { brokenRules, type Facts } from './rules.ts';
import { saslOf } from './sasl.ts';
import { settingsSchema, type ParsedSettings } from './schema.ts';
import { defaultWithSpool, longestRequest, timeouts } from './timeouts.ts';
import { tlsFacts, tlsProblems } from './tls.ts';
import { valueProblems } from './value-rules.ts';

export type { Options } from './options.ts';

export interface Resolved {
  readonly options: Options;
  /** Sentences to log at each start, each beginning with the path of a setting. */
  readonly warnings: string[];
  /** What `config.timeout` must be for the collector to wait longer than `deliveryTimeout`, in ms. */
  readonly collectorTimeout: number;
}

export interface ResolveContext {
  timeout?: unknown;
  /** Whether the collector will take `Resolved.collectorTimeout` where `timeout` is not set. Default: true. */
  raisesTimeout?: boolean | undefined;
  mapping?: unknown;
  /** Default: the process's. */
  environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Turns the user's settings into options, or says all that is wrong with them at once. Does not change them.
 * @throws KafkaError SETTINGS_INVALID, one problem a line; no secret and no header value is in it.
 */
export function resolveOptions(settings: unknown, context: ResolveContext = {}): Resolved {
  const { timeout, raisesTimeout = true, mapping, environment = process.env } = context;
  const environmentRegion = regionOfEnvironment(environment);
  const parsed = settingsSchema.safeParse(settings);
  const right = validFields(settings);
  const known: Partial<Facts> = {
    ...right,
    ...timeoutFacts(right, settings, timeout, raisesTimeout),
    writtenCollectorTimeout: timeout,
    environmentRegion,
    startFolder: environment.PWD,
  };

  const problems = [
    ...(parsed.success ? [] : problemsOf(parsed.error, settingsSchema, 'settings')),
    ...protoProblems(propertyOf(propertyOf(settings, 'kafka'), 'headers'), 'settings.kafka.headers'),
    ...brokenRules('error', known),
    ...tlsProblems(known.ssl, 'settings.kafka.ssl'),
    ...(known.value ? valueProblems(known.value, 'settings.value') : []),
    ...tlsProblems(known.value?.registry?.ssl, 'settings.value.registry.ssl'),
    ...mappingProblems(mapping, known),
  ];
  if (!parsed.success || problems.length > 0) {
    const title = `The Kafka destination cannot start: ${countOf(problems)} in its settings`;
    throw new KafkaError('SETTINGS_INVALID', [title, ...problems.map(sentenceOf)]);
  }
  const { deliveryTimeout = parsed.data.kafka.deliveryTimeout, collectorTimeout = 0 } = known;
  const kafka = { ...parsed.data.kafka, deliveryTimeout };
  const options = optionsOf({ ...parsed.data, kafka }, environmentRegion, mapping);
  const ofRegistries = valueRegistries(options, mapping).flatMap(({ facts }) => registryWarnings(facts));
  return {
    options,
    warnings: [...brokenRules('warning', known), ...ofRegistries].map(sentenceOf),
    collectorTimeout,
  };
}

/** Where `settings.health` answers, if it is right by itself: it tells also what is wrong with other settings. */
export function healthAddress(settings: unknown): HealthAddress | undefined {
  const { data } = settingsSchema.shape.health.safeParse(propertyOf(settings, 'health'));
  if (data?.port !== undefined) return { host: data.host ?? '127.0.0.1', port: data.port };
  return data?.socket === undefined ? undefined : { path: data.socket };
}

/** Nothing where `deliveryTimeout` is wrong by itself. */
function timeoutFacts(
  { deliveryTimeout }: Partial<Facts>,
  settings: unknown,
  limit: unknown,
  mayRaise: boolean,
): Partial<Facts> {
  if (deliveryTimeout === undefined) return {};
  const isWritten = propertyOf(propertyOf(settings, 'kafka'), 'deliveryTimeout') !== undefined;
  const hasSpool = propertyOf(settings, 'spool') !== undefined;
  const wanted = hasSpool && !isWritten ? defaultWithSpool : deliveryTimeout;
  return {
    ...timeouts(wanted, isWritten, limit, mayRaise),
    writtenDeliveryTimeout: isWritten ? deliveryTimeout : undefined,
  };
}

/** The fields that are valid by themselves: rules speak about those, also where others are wrong. */
function validFields(settings: unknown): Partial<Facts> {
  const { kafka, ...others } = settingsSchema.shape;
  const valid = (shape: object, values: unknown) =>
    Object.entries(shape).flatMap(([name, schema]: [string, z.core.$ZodType]) => {
      const result = z.safeParse(schema, propertyOf(values, name));
      return result.success ? [[name, result.data] as const] : [];
    });
  return Object.fromEntries([
    ...valid(kafka.shape, propertyOf(settings, 'kafka')),
    ...valid(others, settings),
  ]);
}

function optionsOf(
  { kafka, value, deadLetter, spool, telemetry }: ParsedSettings,
  environmentRegion: string | undefined,
  mapping: unknown,
): Options {
  return Object.freeze({
    client: kafka.client,
    connection: connectionOf(kafka, environmentRegion, spool !== undefined),
    idempotent: kafka.idempotent,
    topic: kafka.topic,
    key: kafka.key,
    headers: Object.freeze({ ...kafka.headers }),
    retry: Object.freeze({ ...kafka.retry }),
    linger: kafka.linger,
    batchSize: kafka.batchSize,
    bufferMemory: kafka.bufferMemory,
    deliveryTimeout: kafka.deliveryTimeout,
    deadLetter: deadLetter && Object.freeze({ ...deadLetter }),
    spool: spool && Object.freeze({ ...spool }),
    valueOf: valueChoice(value, rulePaths(mapping)),
    traceparent: telemetry?.traceparent,
  });
}

function connectionOf(
  kafka: ParsedSettings['kafka'],
  environmentRegion: string | undefined,
  hasSpool: boolean,
): Options['connection'] {
  return Object.freeze({
    brokers: Object.freeze([...kafka.brokers]),
    clientId: kafka.clientId,
    tls: tlsFacts(kafka.ssl),
    sasl: saslOf(kafka.sasl, regionOf(kafka.sasl?.region, kafka.brokers, environmentRegion)),
    connectTimeout: kafka.connectionTimeout,
    requestTimeout: Math.min(kafka.requestTimeout, longestRequest(kafka.deliveryTimeout, hasSpool)),
    ackTimeout: kafka.timeout,
    acks: kafka.acks,
    compression: kafka.compression,
    autoCreateTopics: kafka.allowAutoTopicCreation,
  });
}
