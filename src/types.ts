import type { Destination } from '@walkeros/core';
import type { z } from 'zod';
import type { Options } from './config/options.ts';
import type { ruleSettingsSchema, settingsSchema } from './config/schema.ts';
import type { setupSchema } from './config/setup-schema.ts';
import type { RecordHeaders } from './model/record.ts';

/**
 * `config.settings` as users write it: only `kafka.brokers` and `kafka.topic` are required.
 *
 * @example
 * const settings: Settings = { kafka: { brokers: ['kafka1:9092', 'kafka2:9092'], topic: 'walkeros-events' } };
 */
export type Settings = z.input<typeof settingsSchema>;

/**
 * `config.mapping.<entity>.<action>.settings` as users write it: `topic` and `key` win over `settings.kafka`, `value` over `settings.value`.
 *
 * @example
 * const mapping = { order: { complete: { settings: { topic: 'orders', key: 'data.id' } } } };
 */
export type RuleSettings = z.input<typeof ruleSettingsSchema>;

/**
 * `config.setup` as users write it, for `walkeros setup`; `true` is refused, since there is no safe default.
 *
 * @example
 * const setup: Setup = { numPartitions: 6, replicationFactor: 3, topics: { orders: {}, 'events-dead': { numPartitions: 1 } } };
 */
export type Setup = z.input<typeof setupSchema>;

/** What `config.env` may replace. Empty in production; `walkeros push --simulate` fills it from `examples.env.push`. */
export interface Env extends Destination.BaseEnv {
  /** Stands in for the whole cluster: nothing is connected, and every record is one call of `send`. */
  kafka?: { send(message: SimulatedSend): unknown };
}

/** What one event would have sent, in words instead of bytes. */
export interface SimulatedSend {
  topic: string;
  messages: SimulatedMessage[];
  acks: Options['connection']['acks'];
  compression: Options['connection']['compression'];
}

/** The record as Kafka would store it. */
export interface SimulatedMessage {
  /** Null: none, any partition would get the record. */
  key: string | null;
  /** The text that would be stored; null is a tombstone. */
  value: string | null;
  headers: RecordHeaders;
  /** Milliseconds since the epoch. */
  timestamp: number;
}

/** The bundle that types `Destination.Instance`, `Destination.Config` and their contexts for this destination. */
export type Types = Destination.Types<Settings, RuleSettings, Env, Settings, Setup>;
