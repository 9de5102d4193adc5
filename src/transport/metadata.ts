import type { Address } from '../model/cluster.ts';
import { noLeader } from '../model/partition.ts';

export interface MetadataAnswer {
  readonly brokers: readonly (Address & { readonly nodeId: number })[];
  readonly clusterId: string | undefined;
  /** Kafka's error code for the topic, 0 for none. */
  readonly code: number;
  /** By their index, without a gap. */
  readonly partitions: readonly PartitionAnswer[];
  /** The node that creates topics; none during an election. */
  readonly controller: number;
}

export interface PartitionAnswer {
  readonly partition: number;
  readonly leader: number;
  /** How many there should be, in sync or not. */
  readonly replicas: number;
  readonly inSync: number;
}

/** What a broker says of the cluster and of one topic, as it came. */
export interface RawMetadata {
  readonly brokers: readonly (Address & { readonly nodeId: number })[];
  readonly controllerId: number;
  readonly clusterId: string | null | undefined;
  readonly topics: readonly RawTopic[];
}

interface RawTopic {
  readonly name: string | null | undefined;
  readonly code: number;
  readonly partitions: readonly PartitionAnswer[];
}

/**
 * Partitions up to here are believed although most of them are missing from the answer. Beyond, an index that is more
 * than twice the number of partitions is taken for garbage: it would cost memory for each partition up to it.
 */
const believed = 10_000;

/** What Redpanda tells before it has given its cluster an id. */
const starting = 'redpanda.initializing';

/**
 * A metadata answer that can be worked with, whatever the broker sent: brokers that can be connected to, and partitions
 * without a gap. A partition that is missing from the answer exists, since a later one does, and has no leader: the number
 * of partitions decides where the records of a key go.
 * @param topic that was asked about; undefined: none was
 * @throws Error where the answer says nothing about the topic, or what cannot be: another broker may know better
 */
export function saneMetadata(topic: string | undefined, raw: RawMetadata): MetadataAnswer {
  const found = raw.topics.find(({ name }) => name === topic);
  if (topic !== undefined && found === undefined)
    throw new Error(`its metadata answer says nothing about topic "${topic}"`);
  return {
    brokers: raw.brokers.filter(isReachable),
    clusterId: raw.clusterId === starting ? undefined : raw.clusterId || undefined,
    controller: raw.controllerId,
    code: found?.code ?? 0,
    partitions: found === undefined ? [] : withoutGaps(found),
  };
}

export function isReachable({ nodeId, host, port }: Address & { readonly nodeId: number }): boolean {
  return nodeId >= 0 && Boolean(host) && port > 0 && port < 65_536;
}

function withoutGaps({ name, partitions }: RawTopic): PartitionAnswer[] {
  const known = new Map(partitions.map((answer) => [answer.partition, answer]));
  const limit = Math.max(believed, 2 * known.size);
  let count = 0;
  for (const partition of known.keys()) {
    if (partition < 0 || partition >= limit)
      throw new Error(
        `its metadata answer gives topic "${name}" a partition ${partition} among ${known.size}`,
      );
    count = Math.max(count, partition + 1);
  }
  // As many as its neighbours have, for who looks for the least protected one.
  const replicas = partitions.reduce((least, answer) => Math.min(least, answer.replicas), Infinity);
  return Array.from(
    { length: count },
    (_, partition) => known.get(partition) ?? { partition, leader: noLeader, replicas, inSync: 0 },
  );
}
