import { getMappingValue } from '@walkeros/core';
import type { Collector, Mapping, WalkerOS } from '@walkeros/core';
import { KafkaError, reasonOf, withoutFullStop } from '../model/errors.ts';
import { printable } from '../model/foreign.ts';
import type { Notify } from '../model/notice.ts';
import {
  refused,
  schemaIdHeader,
  unknownTopic,
  type KafkaRecord,
  type RecordHeaders,
} from '../model/record.ts';
import { missingKey, pathKey, recordOf, textOf, type RecordSource } from './build.ts';
import { jsonOf } from './json.ts';
import { admits, type TopicChoice } from './settings.ts';
import type { MappedShape } from './shape.ts';

export interface ResolveContext {
  /** walkerOS' own, which mapping values may ask for the consent and log to. */
  readonly collector: Collector.Instance;
  readonly notify: Notify;
  /** The topics that a prefix has let through: not every name that events make up may become one. */
  readonly prefixed: Set<string>;
  /** Gives the finished record the trace of its event; undefined where it gets none. */
  readonly traced: ((record: KafkaRecord) => KafkaRecord) | undefined;
}

/** So many topics may come from prefixes: each has queues of its own, and is asked for at the cluster. */
const mostPrefixed = 100;
/** Of a header's value from the event, in bytes. Consumers that go on over HTTP take no more in all. */
const longestHeader = 8_192;

/**
 * The record of an event whose key, headers or topic take mapping values: as far as it is known now, to be weighed and kept
 * as a dead letter, and with `resolve` for the rest.
 * @throws KafkaError as `buildRecord`
 */
export function unresolvedRecord(
  source: RecordSource,
  fallbackTimestamp: number,
  shape: MappedShape,
  context: ResolveContext,
): KafkaRecord {
  const { event } = source;
  const { key: keyValue } = shape.mapped;
  const key = keyValue === undefined ? pathKey(event, shape, context.notify) : null;
  const known = recordOf(source, fallbackTimestamp, shape, shape.topic ?? unknownTopic, key);
  return {
    ...known,
    pending: undefined,
    resolve: async () => {
      const record = await resolved(known, source, shape, context);
      return context.traced?.(record) ?? record;
    },
  };
}

/** @throws KafkaError MAPPING_FAILED, KEY_MISSING */
async function resolved(
  known: KafkaRecord,
  source: RecordSource,
  shape: MappedShape,
  context: ResolveContext,
): Promise<KafkaRecord> {
  const { event } = source;
  const { mapped, own } = shape;
  const valueOf = (setting: string, value: Mapping.Value) =>
    mappedValue(setting, value, event, context.collector);
  const keySetting = own.key ? 'settings.key of its mapping rule' : 'settings.kafka.key';
  const topicSetting = own.topic ? 'settings.topic of its mapping rule' : 'settings.kafka.topic';
  const [key, topic, ...headers] = await Promise.all([
    mapped.key === undefined ? undefined : valueOf(keySetting, mapped.key),
    mapped.topic === undefined ? undefined : valueOf(topicSetting, mapped.topic.value),
    ...mapped.headers.map(async ([name, value]) =>
      headerOf(name, await valueOf(`header ${JSON.stringify(name)}`, value), event),
    ),
  ]);
  const keyBytes =
    mapped.key === undefined
      ? known.key
      : Buffer.from(textOf(key) ?? missingKey(event, shape, context.notify));
  const given = mapped.topic && { name: textOf(topic), choice: mapped.topic };
  const error = given && undeclared(given, topicSetting, event, context.prefixed);
  const name = given === undefined ? known.topic : shown(given.name, error === undefined);
  // A schema depends on the topic; one that is not declared gets none.
  const again = given !== undefined && error === undefined && shape.compose !== undefined;
  const record = again ? recordOf(source, known.timestamp, shape, name, keyBytes) : known;
  return {
    ...record,
    topic: name,
    key: keyBytes,
    headers: { ...record.headers, ...Object.fromEntries(headers.flat(1)), ...schemaOf(record.headers) },
    pending: error ? refused(error) : record.pending,
  };
}

/** The header that tells the schema of a value: no other replaces it. Those of the settings are text. */
function schemaOf({ [schemaIdHeader]: id }: RecordHeaders): RecordHeaders | undefined {
  return typeof id === 'object' ? { [schemaIdHeader]: id } : undefined;
}

async function mappedValue(
  setting: string,
  value: Mapping.Value,
  event: WalkerOS.Event,
  collector: Collector.Instance,
): Promise<unknown> {
  try {
    return await getMappingValue(event, value, { event, collector });
  } catch (thrown) {
    throw failed(
      event,
      `the mapping value of ${setting} failed (${withoutFullStop(reasonOf(thrown))})`,
      thrown,
    );
  }
}

/** Objects and lists are written as JSON. Empty: there is no such header. */
function headerOf(name: string, value: unknown, event: WalkerOS.Event): (readonly [string, string])[] {
  if (value === undefined || value === null || (typeof value === 'number' && !Number.isFinite(value)))
    return [];
  const text = textOf(value) ?? (value === '' ? '' : jsonOf(value, event.name));
  const bytes = Buffer.byteLength(text);
  if (bytes <= longestHeader) return [[name, text]];
  throw failed(
    event,
    `header ${JSON.stringify(name)} has ${bytes} bytes, of ${longestHeader} that one from the event may have`,
  );
}

function failed(event: WalkerOS.Event, what: string, cause?: unknown): KafkaError {
  const message = `Event "${event.name}" was not sent: ${what}. Mend the mapping value, and send the event again.`;
  return new KafkaError('MAPPING_FAILED', message, { cause });
}

/** Why no event may go to this topic; undefined where it may. */
function undeclared(
  { name, choice }: { readonly name: string | undefined; readonly choice: TopicChoice },
  setting: string,
  event: WalkerOS.Event,
  prefixed: Set<string>,
): KafkaError | undefined {
  const { topics, prefix } = choice;
  const given = name === undefined ? 'no topic' : `the topic "${shown(name)}"`;
  const what = `Event "${event.name}" was not sent: the mapping value of ${setting} gives ${given}`;
  if (name === undefined || !admits(choice, name)) {
    const declared = `"${topics.join('", "')}"${prefix === undefined ? '' : `, or begin with "${prefix}"`}`;
    const message = `${what}, and may give ${declared}. Add the topic to \`topics\` if events belong there.`;
    return new KafkaError('TOPIC_UNDECLARED', message);
  }
  if (topics.includes(name) || prefixed.has(name)) return undefined;
  if (prefixed.size < mostPrefixed) {
    prefixed.add(name);
    return undefined;
  }
  const message = `${what}, after ${mostPrefixed} others that begin with "${prefix}". Name those that are meant in \`topics\`.`;
  return new KafkaError('TOPIC_UNDECLARED', message);
}

/** The name that an event gave; one that is refused is on one line, and no longer than that of a topic. */
function shown(name: string | undefined, isDeclared = false): string {
  if (name === undefined) return unknownTopic;
  return isDeclared ? name : printable(name).slice(0, 249);
}
