import { FatalError, type Mapping, type WalkerOS } from '@walkeros/core';
import { reasonOf } from '../model/errors.ts';
import { isNamed } from '../model/foreign.ts';
import type { KafkaRecord, RecordHeaders } from '../model/record.ts';
import type { HeaderSetting, KeySetting, TopicChoice, TopicSetting } from './settings.ts';

/** The settings that shape a record. Those of a mapping rule win over them. */
export interface RecordSettings {
  readonly topic: TopicSetting;
  /** Undefined: the event's name. */
  readonly key: KeySetting | undefined;
  /** Without `content-type`. */
  readonly headers: Readonly<Record<string, HeaderSetting>>;
  /** Undefined: JSON. */
  readonly composer?: (rule: RuleSettings | undefined) => Compose | undefined;
}

export interface RuleSettings {
  readonly topic?: TopicSetting | undefined;
  readonly key?: KeySetting | undefined;
  readonly headers?: Readonly<Record<string, HeaderSetting>> | undefined;
  readonly tombstone?: boolean | undefined;
  /** Of interest to `composer` only. */
  readonly value?: unknown;
}

/** The static headers, as they stand and behind the content type of JSON. One pair is shared by all records of a rule. */
export interface StaticHeaders {
  readonly bare: RecordHeaders;
  readonly json: RecordHeaders;
}

/** A record but for its value, and the headers that say what it is. */
export interface Head extends Pick<KafkaRecord, 'topic' | 'key' | 'timestamp'> {
  readonly headers: StaticHeaders;
}

/**
 * Completes a record with its value.
 * @throws KafkaError EVENT_NOT_SERIALIZABLE, VALUE_INVALID
 */
export type Compose = (head: Head, value: object, event: WalkerOS.Event) => KafkaRecord;

/** How the records of one mapping rule are made, or those of events without one. */
export type RecordShape = PlainShape | MappedShape;

interface Shape {
  readonly headers: StaticHeaders;
  /** Undefined: JSON. */
  readonly compose: Compose | undefined;
  readonly tombstone: boolean;
  /** Whether the rule has a key of its own, and a topic: for messages. */
  readonly own: { readonly key: boolean; readonly topic: boolean };
}

/** Everything is at hand when the event comes. */
export interface PlainShape extends Shape {
  readonly topic: string;
  /** A path; `false`: none; undefined: the event's name. */
  readonly key: string | false | undefined;
  readonly mapped: undefined;
}

/** Mapping values take a promise. */
export interface MappedShape extends Shape {
  /** Undefined: `mapped` has it. */
  readonly topic: string | undefined;
  readonly key: string | false | undefined;
  readonly mapped: {
    readonly topic: TopicChoice | undefined;
    readonly key: Mapping.Value | undefined;
    readonly headers: readonly (readonly [name: string, value: Mapping.Value])[];
  };
}

export function recordShapes(settings: RecordSettings): (rule: RuleSettings | undefined) => RecordShape {
  const general = shapeOf(settings, undefined);
  const ofRules = new WeakMap<RuleSettings, RecordShape>();
  return (rule) => {
    if (rule === undefined) return general;
    let shape = ofRules.get(rule);
    if (shape === undefined) ofRules.set(rule, (shape = shapeOf(settings, rule)));
    return shape;
  };
}

function shapeOf(settings: RecordSettings, rule: RuleSettings | undefined): RecordShape {
  const topic = rule?.topic ?? settings.topic;
  const key = rule?.key ?? settings.key;
  const headers = { ...settings.headers, ...rule?.headers };
  const fromEvent = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [] : [[name, throwing(value)] as const],
  );
  const shape: Shape = {
    headers: staticHeaders(headers),
    compose: settings.composer?.(rule),
    tombstone: rule?.tombstone === true,
    own: { key: rule?.key !== undefined, topic: rule?.topic !== undefined },
  };
  const isPath = typeof key !== 'object';
  if (typeof topic === 'string' && isPath && fromEvent.length === 0)
    return { ...shape, topic, key, mapped: undefined };
  return {
    ...shape,
    topic: typeof topic === 'string' ? topic : undefined,
    key: isPath ? key : undefined,
    mapped: {
      topic: typeof topic === 'string' ? undefined : { ...topic, value: throwing(topic.value) },
      key: isPath ? undefined : throwing(key),
      headers: fromEvent,
    },
  };
}

/** Those of the settings that stand for themselves. They win over the content type, which is why they come last. */
export function staticHeaders(headers: Readonly<Record<string, HeaderSetting>>): StaticHeaders {
  const bare: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (typeof value === 'string') bare[name] = value;
  return { bare: Object.freeze(bare), json: Object.freeze({ 'content-type': 'application/json', ...bare }) };
}

/**
 * The same mapping value, whose functions fail it with what they throw. walkerOS takes the failure of one for a value that is
 * not there: the next fallback, or the event's name, would become the key, and the record would leave the order of its own.
 * Only a `FatalError` passes through.
 */
function throwing<Value>(value: Value): Value {
  if (typeof value === 'function') {
    const call = value as unknown as (...args: unknown[]) => unknown;
    const careful = async (...args: unknown[]): Promise<unknown> => {
      try {
        return await call(...args);
      } catch (thrown) {
        throw new FatalError(reasonOf(thrown), { cause: thrown });
      }
    };
    return careful as unknown as Value;
  }
  if (Array.isArray(value)) return value.map((one: unknown) => throwing(one)) as unknown as Value;
  if (!isNamed(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, throwing(inner)])) as Value;
}
