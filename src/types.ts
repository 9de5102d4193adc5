import type { Destination } from '@walkeros/core';
import type { RuleSettings, Settings, Setup } from './config/settings.ts';
import type { RecordHeaders } from './model/record.ts';

export type { RuleSettings, Settings, Setup };

/** What `config.env` may replace. Empty in production; `walkeros push --simulate` fills it from `examples.env.push`. */
export interface Env extends Destination.BaseEnv {
  /** Stands in for the whole cluster: nothing is connected, and every record is one call of `send`. */
  kafka?: { send(message: SimulatedSend): unknown };
}

/** What one event would have sent, in words instead of bytes. */
export interface SimulatedSend {
  topic: string;
  messages: SimulatedMessage[];
  acks: Required<Settings['kafka']>['acks'];
  compression: Required<Settings['kafka']>['compression'];
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
  /** Where `config.setup` says how many partitions the topic has, and the record has a key. */
  partition?: number;
}

/** What `kafkaDestination` takes: the destination's `config`, without what it has no use for. */
export interface Config extends Omit<
  Destination.Config<Types>,
  'settings' | 'setup' | 'timeout' | 'credentials' | 'loadScript'
> {
  /** Where events go and how; only `kafka.brokers` and `kafka.topic` are required. */
  settings: Settings;
  /** What `walkeros setup` creates. Default: nothing, as with `false`. */
  setup?: false | Setup;
  /**
   * When the collector counts a push as failed, in ms. Default: 5/4 of `settings.kafka.deliveryTimeout`, and at least 10000.
   * Pushes settle before one that is shorter.
   */
  timeout?: number;
}

/** The bundle that types `Destination.Instance`, `Destination.Config` and their contexts for this destination. */
export type Types = Destination.Types<Settings, RuleSettings, Env, Settings, Setup>;
