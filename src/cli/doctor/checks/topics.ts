import { KafkaError, reasonOf } from '../../../model/errors.ts';
import type { TopicConfig } from '../../../model/cluster.ts';
import type { TopicState } from '../../../transport/port.ts';
import { failure, fixUnforeseen, ok, warning, type Verdict } from '../report.ts';
import { reached, setupCommand, type Target } from '../target.ts';
import { plural } from '../../../model/plural.ts';

/** Each topic that events can go to: that it is there, can be written to, and keeps what `acks` promises. */
export async function topics(target: Target): Promise<Verdict[]> {
  const verdicts = await Promise.all(target.topics.map((topic) => examineTopic(target, topic)));
  return verdicts.flat();
}

async function examineTopic(target: Target, { name, paths }: Target['topics'][number]): Promise<Verdict[]> {
  const { kafka } = target;
  const where = `Topic "${name}" (${paths.join(', ')})`;
  let topic: TopicState | undefined;
  try {
    topic = await kafka.topic(name);
    if (topic !== undefined && target.ofAnother) topic = { ...topic, writable: undefined };
  } catch (thrown) {
    const unauthorised = thrown instanceof KafkaError && thrown.code === 'NOT_AUTHORIZED';
    const fix = unauthorised ? `Grant it: ${grant(target, name)}` : fixUnforeseen(thrown);
    return [failure(`${where}: ${reasonOf(thrown)}`, fix)];
  }
  if (topic === undefined) return [missing(target, where, name)];
  // Managed clusters may refuse to tell the settings: the rest is worth saying without them.
  const config = await kafka.topicConfig(name).catch(() => undefined);
  const found = [
    writing(target, where, name, topic),
    leading(where, topic),
    replication(target, where, name, topic, config),
    sizes(target, where, name, config),
  ].filter((verdict) => verdict !== undefined);
  return found.length > 0 ? found : [ok(`"${name}": ${shapeOf(topic)}, ${rightOf(target, topic)}`)];
}

function missing(target: Target, where: string, name: string): Verdict {
  const create = `Create it: declare config.setup and run "${setupCommand(target)}".`;
  return target.autoCreateTopics
    ? warning(
        `${where} does not exist; the broker makes it with its own defaults at the first event.`,
        create,
      )
    : failure(`${where} does not exist.`, `${create} Or correct the name "${name}" in the settings.`);
}

function writing(target: Target, where: string, name: string, { writable }: TopicState): Verdict | undefined {
  if (writable !== false) return undefined;
  return failure(
    `${where}: this user may not write to it (no WRITE right).`,
    `Grant it: ${grant(target, name)}`,
  );
}

function rightOf({ ofAnother }: Target, { writable }: TopicState): string {
  if (ofAnother) return "the flow's own rights not looked at (--login)";
  return writable === undefined ? 'WRITE right not told by the broker' : 'writable';
}

function grant(target: Target, topic: string): string {
  const { login, ofAnother } = target;
  return (
    `kafka-acls.sh ${reached(target)} --add --allow-principal User:${login?.user ?? '<user>'} ` +
    `--operation Describe${ofAnother ? '' : ' --operation Write'} --topic ${topic}`
  );
}

function leading(where: string, { partitions }: TopicState): Verdict | undefined {
  const without = partitions.filter(({ leader }) => leader === undefined).map(({ partition }) => partition);
  if (without.length === 0) return undefined;
  return failure(
    `${where}: ${listOf(without)} ${without.length === 1 ? 'has' : 'have'} no leader.`,
    'Start the brokers that hold them; until then events of these partitions wait.',
  );
}

function replication(
  target: Target,
  where: string,
  name: string,
  { partitions }: TopicState,
  config: TopicConfig | undefined,
): Verdict | undefined {
  const { acks } = target;
  const replicas = least(partitions.map((partition) => partition.replicas));
  const needed = Number(config?.get('min.insync.replicas') ?? 1);
  const change = `kafka-configs.sh ${reached(target)} --alter --topic ${name} --add-config min.insync.replicas=`;
  const short = partitions.filter(({ leader, inSync }) => leader !== undefined && inSync < needed);
  if (acks === -1 && replicas < needed) {
    return failure(
      `${where} has ${plural(replicas, 'replica')} and min.insync.replicas ${needed}: with acks -1 no event can ever be stored.`,
      `Lower it: ${change}${Math.max(1, replicas - 1)}. Or give the topic more replicas.`,
    );
  }
  if (acks === -1 && short.length > 0) {
    return failure(
      `${where}: ${listOf(short.map(({ partition }) => partition))} ${short.length === 1 ? 'has' : 'have'} ` +
        `${plural(least(short.map(({ inSync }) => inSync)), 'replica')} in sync, and min.insync.replicas is ${needed}: ` +
        'with acks -1 events wait, and fail at their deadline.',
      `Start the brokers that are away (kafka-topics.sh ${reached(target)} --describe --under-min-isr-partitions shows which).`,
    );
  }
  const behind = partitions.filter(({ inSync, replicas: all }) => inSync < all);
  if (behind.length > 0) {
    return warning(
      `${where}: ${listOf(behind.map(({ partition }) => partition))} ${behind.length === 1 ? 'lacks' : 'lack'} replicas in sync.`,
      `See which broker is away or slow: kafka-topics.sh ${reached(target)} --describe --under-replicated-partitions.`,
    );
  }
  if (acks === -1 && replicas > 1 && needed === 1 && config !== undefined) {
    return warning(
      `${where} has min.insync.replicas 1: while followers are away, acks -1 promises no more than the leader alone.`,
      `Raise it: ${change}2`,
    );
  }
  return undefined;
}

/** Bytes that one event may well have: to make batches no larger than that helps none of them. */
const ofOneEvent = 10_000;

function sizes(
  target: Target,
  where: string,
  name: string,
  config: TopicConfig | undefined,
): Verdict | undefined {
  const { batchSize } = target;
  const most = Number(config?.get('max.message.bytes') ?? Infinity);
  if (batchSize <= most) return undefined;
  const smaller =
    most < ofOneEvent ? 'An event alone may have more: raise' : `Lower batchSize to ${most}, or raise`;
  return warning(
    `${where} takes ${most} bytes at once, and settings.kafka.batchSize is ${batchSize}: larger requests are refused and halved.`,
    `${smaller} the topic's limit: kafka-configs.sh ${reached(target)} ` +
      `--alter --topic ${name} --add-config max.message.bytes=${batchSize}`,
  );
}

function shapeOf({ partitions }: TopicState): string {
  const replicas = least(partitions.map((partition) => partition.replicas));
  return `${plural(partitions.length, 'partition')}, ${plural(replicas, 'replica')} in sync`;
}

/** Not by `Math.min(...values)`: a topic may have more partitions than a call may have arguments. */
function least(values: readonly number[]): number {
  return values.reduce((smallest, value) => Math.min(smallest, value), Infinity);
}

/** So many partitions are named; the rest is counted. */
const namedPartitions = 10;

function listOf(partitions: readonly number[]): string {
  const named = partitions.slice(0, namedPartitions).join(', ');
  const rest = partitions.length - namedPartitions;
  const more = rest > 0 ? ` and ${rest} more` : '';
  return `${partitions.length === 1 ? 'partition' : 'partitions'} ${named}${more}`;
}
