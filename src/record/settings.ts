import type { Mapping } from '@walkeros/core';
import { isTopicName } from '../model/cluster.ts';

/** The key of a message. `false`: none. Text: a mapping path. Anything else: a mapping value. */
export type KeySetting = Mapping.Value | false;

/** The value of a header. Text: as it stands. Anything else: a mapping value. */
export type HeaderSetting = string | Exclude<Mapping.Value, string>;

/** The event chooses the topic, among those that are declared here. */
export interface TopicChoice {
  /** Gives the name. */
  readonly value: Mapping.Value;
  /** The first one stands for all where only one can be asked about. */
  readonly topics: readonly string[];
  /** Topics whose name begins so may be given, too. */
  readonly prefix?: string | undefined;
}

/** The name of a topic, or the choice of one. */
export type TopicSetting = string | TopicChoice;

/** Those that the setting names. */
export function topicsOf(setting: TopicSetting): readonly string[] {
  return typeof setting === 'string' ? [setting] : setting.topics;
}

/** The first of them. */
export function mainTopic(setting: TopicSetting): string {
  // The schema refuses an empty list.
  return topicsOf(setting)[0] ?? '';
}

/** Whether events may go to this topic. A prefix allows none of Kafka's own, and none that is no name of a topic. */
export function admits(setting: TopicSetting, topic: string): boolean {
  if (topicsOf(setting).includes(topic)) return true;
  const prefix = typeof setting === 'string' ? undefined : setting.prefix;
  return prefix !== undefined && topic.startsWith(prefix) && !topic.startsWith('__') && isTopicName(topic);
}
