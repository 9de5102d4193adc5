import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaError } from '../../model/errors.ts';
import { beforeStop } from '../../model/foreign.ts';
import type { StoredRecord } from '../../model/record.ts';
import { noLeader } from '../../model/partition.ts';
import { kafkaErrors } from '../../protocol/kafka-errors.ts';
import { operations } from '../errors/broker-errors.ts';
import { mayNotRead, readError, recordsLost } from '../errors/request-errors.ts';
import type { Offsets, FetchedBatch, Reader, ReadOptions } from '../port.ts';
import type { Cluster } from '../cluster.ts';
import { addressOf, type Address } from '../../model/cluster.ts';
import { answerOf, type FetchResponse } from './apis.ts';
import type { Transport } from '../connection.ts';
import type { PlatformaticConnection } from './connection.ts';

/** How long a broker waits for records, in ms, and how many bytes it gives at once. */
const fetchWait = 500;
const fetchBytes = { inAll: 8 * 1024 * 1024, ofPartition: 1024 * 1024 };
/** Before a broker that failed, or a partition that moves, is asked again. Milliseconds. */
const pause = 200;
/** A partition may end below where it ended before: for moments at a new leader, for good where records are lost. Milliseconds. */
const lostAfter = 5_000;
/** A topic may grow while it is read. Milliseconds. */
const metadataAge = 5_000;
/** Kafka's ways to say "first" and "end" instead of a time. */
const marks = { first: -2n, end: -1n };

/** What Fetch and ListOffsets answer while a partition moves, and faults of them that pass: the leader has to be looked for. */
const moved: ReadonlySet<number> = new Set([
  kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION,
  kafkaErrors.LEADER_NOT_AVAILABLE,
  kafkaErrors.NOT_LEADER_OR_FOLLOWER,
  kafkaErrors.REPLICA_NOT_AVAILABLE,
  kafkaErrors.KAFKA_STORAGE_ERROR,
  kafkaErrors.LISTENER_NOT_FOUND,
  kafkaErrors.FENCED_LEADER_EPOCH,
  kafkaErrors.UNKNOWN_LEADER_EPOCH,
  kafkaErrors.OFFSET_NOT_AVAILABLE,
  kafkaErrors.UNKNOWN_TOPIC_ID,
]);

/** What came of one request to one leader. */
interface Answered {
  readonly leader: string;
  readonly batches: readonly (FetchedBatch & { readonly from: bigint })[];
  readonly outOfRange: readonly number[];
  /** Why the leaders have to be looked for again. */
  readonly trouble: KafkaError | undefined;
}

export class PlatformaticReader implements Reader {
  readonly #transport: Transport;
  readonly #cluster: Cluster<PlatformaticConnection>;

  constructor(transport: Transport, cluster: Cluster<PlatformaticConnection>) {
    this.#transport = transport;
    this.#cluster = cluster;
  }

  async offsets(topic: string, at: 'first' | 'end' | number): Promise<Offsets> {
    const partitions = await this.#partitions(topic);
    const found = await this.#list(topic, partitions, typeof at === 'number' ? BigInt(at) : marks[at]);
    // -1: nothing that young.
    const beyond = partitions.filter((partition) => found.get(partition) === -1n);
    const ends = beyond.length > 0 ? await this.#list(topic, beyond, marks.end) : [];
    return new Map([...found, ...ends]);
  }

  async *read(
    topic: string,
    from: Offsets,
    { until, signal, troubleTimeout = Infinity, onTrouble }: ReadOptions = {},
  ): AsyncGenerator<FetchedBatch, void, undefined> {
    const positions = new Map(from);
    /** One request at each leader, so that a quiet or frozen one delays nobody else's records. */
    const asked = new Map<string, Promise<Answered>>();
    let located = performance.now();
    let troubledSince: number | undefined;
    /** Since when a partition has ended below `until`, with nothing left to read. */
    const shortSince = new Map<number, number>();
    const stopped = (): boolean => signal?.aborted === true;
    await this.#partitions(topic);

    for (;;) {
      for (const [partition, end] of until ?? [])
        if ((positions.get(partition) ?? end) >= end) positions.delete(partition);
      if (positions.size === 0 || stopped()) return;
      for (const [leader, led] of this.#byLeader(topic, positions)) {
        if (!asked.has(leader)) asked.set(leader, this.#fetch(leader, topic, led));
      }
      const answered = await beforeStop(Promise.race(asked.values()), signal);
      if (answered === undefined) return;
      asked.delete(answered.leader);

      for (const batch of answered.batches) {
        // A partition that moved may have been asked for twice.
        if (positions.get(batch.partition) !== batch.from) continue;
        positions.set(batch.partition, batch.next);
        yield batch;
        const { partition, end, next } = batch;
        const before = until?.get(partition) ?? end;
        const since = shortSince.get(partition) ?? performance.now();
        if (end >= before || next < end) shortSince.delete(partition);
        else if (performance.now() - since < lostAfter) shortSince.set(partition, since);
        else throw recordsLost(topic, partition, { end, before });
      }
      const { outOfRange } = answered;
      if (outOfRange.length > 0) {
        const firsts = await this.#list(topic, outOfRange, marks.first);
        const ends = await this.#list(topic, outOfRange, marks.end);
        for (const [partition, first] of firsts) {
          const position = positions.get(partition) ?? first;
          // Old records are gone, or the youngest: those of a topic that was made anew, or that no leader in sync had.
          positions.set(partition, position < first ? first : (ends.get(partition) ?? first));
        }
      }
      const { trouble } = answered;
      if (trouble === undefined) {
        troubledSince = undefined;
        if (until !== undefined || performance.now() - located < metadataAge) continue;
      } else {
        onTrouble?.(trouble);
        troubledSince ??= performance.now();
        if (performance.now() - troubledSince > troubleTimeout) throw trouble;
        await sleep(pause);
      }
      located = performance.now();
      const partitions = await this.#partitions(topic).catch((failure: unknown) => {
        if (trouble === undefined || failure instanceof KafkaError === false) throw failure;
        if (failure.code === 'TOPIC_MISSING' || failure.code === 'NOT_AUTHORIZED') throw failure;
        return [];
      });
      if (until !== undefined) continue;
      for (const partition of partitions) if (!positions.has(partition)) positions.set(partition, 0n);
    }
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  async #partitions(topic: string): Promise<number[]> {
    const { leaders } = await this.#cluster.metadata(topic).catch((failure: unknown) => {
      // In the words of one who writes.
      const isRefused = failure instanceof KafkaError && failure.code === 'NOT_AUTHORIZED';
      throw isRefused ? mayNotRead(topic) : failure;
    });
    return leaders.map((_, partition) => partition);
  }

  /** Partitions by the address of their leader; those that have none stand under ''. */
  #byLeader(topic: string, positions: Offsets): Map<string, { leader?: Address; from: Map<number, bigint> }> {
    const groups = new Map<string, { leader?: Address; from: Map<number, bigint> }>();
    for (const [partition, offset] of positions) {
      const leader = this.#cluster.leaderOf(topic, partition) ?? noLeader;
      const key = leader === noLeader ? '' : addressOf(leader);
      const group = groups.get(key) ?? {
        ...(leader !== noLeader && { leader }),
        from: new Map<number, bigint>(),
      };
      groups.set(key, group);
      group.from.set(partition, offset);
    }
    return groups;
  }

  async #fetch(
    key: string,
    topic: string,
    { leader, from }: { leader?: Address; from: Offsets },
  ): Promise<Answered> {
    const nothing = { leader: key, batches: [], outOfRange: [] };
    if (leader === undefined) {
      const trouble = readError(kafkaErrors.LEADER_NOT_AVAILABLE, topic, operations.fetch);
      return { ...nothing, trouble };
    }
    const partitions = [...from].map(([partition, fetchOffset]) => ({
      partition,
      fetchOffset,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
      partitionMaxBytes: fetchBytes.ofPartition,
    }));
    let response: FetchResponse;
    try {
      response = await this.#cluster.at(leader, 'produce', ({ connection, apis }) =>
        answerOf(
          apis.fetch.async(
            connection,
            fetchWait,
            1,
            fetchBytes.inAll,
            0,
            0,
            -1,
            [{ topicId: topic, partitions }],
            [],
            '',
          ),
        ),
      );
    } catch (failure) {
      if (failure instanceof KafkaError) return { ...nothing, trouble: failure };
      throw failure;
    }
    return { leader: key, ...sorted(topic, response, from) };
  }

  async #list(topic: string, partitions: readonly number[], timestamp: bigint): Promise<Map<number, bigint>> {
    const found = new Map<number, bigint>();
    const missing = new Map(partitions.map((partition) => [partition, timestamp]));
    for (let attempt = 1; missing.size > 0; attempt += 1) {
      let code: number = kafkaErrors.LEADER_NOT_AVAILABLE;
      for (const [, { leader, from }] of this.#byLeader(topic, missing)) {
        if (leader === undefined) continue;
        for (const answer of await this.#listAt(leader, topic, from)) {
          if (answer.errorCode !== kafkaErrors.NONE) code = answer.errorCode;
          else if (missing.delete(answer.partitionIndex)) found.set(answer.partitionIndex, answer.offset);
        }
      }
      if (missing.size === 0) break;
      if (!moved.has(code) || attempt === 50) throw readError(code, topic, operations.listOffsets);
      await sleep(pause);
      await this.#partitions(topic);
    }
    return found;
  }

  async #listAt(leader: Address, topic: string, from: Offsets) {
    const partitions = [...from].map(([partitionIndex, timestamp]) => ({
      partitionIndex,
      timestamp,
      currentLeaderEpoch: -1,
    }));
    const response = await this.#cluster.at(leader, 'ask', ({ connection, apis }) =>
      answerOf(apis.listOffsets.async(connection, -1, 0, [{ name: topic, partitions }])),
    );
    return response.topics.flatMap((part) => part.partitions);
  }
}

/** @throws KafkaError for an answer that waiting does not mend */
function sorted(
  topic: string,
  { errorCode, responses }: FetchResponse,
  from: Offsets,
): Omit<Answered, 'leader'> {
  const batches: Answered['batches'][number][] = [];
  const gone: number[] = [];
  let trouble: KafkaError | undefined =
    errorCode === kafkaErrors.NONE ? undefined : readError(errorCode, topic, operations.fetch);
  for (const part of responses.flatMap(({ partitions }) => partitions)) {
    const { partitionIndex: partition, errorCode: code, highWatermark: end } = part;
    const position = from.get(partition) ?? 0n;
    if (code === kafkaErrors.OFFSET_OUT_OF_RANGE) gone.push(partition);
    else if (moved.has(code)) trouble = readError(code, topic, operations.fetch);
    else if (code !== kafkaErrors.NONE) throw readError(code, topic, operations.fetch);
    else
      batches.push({
        partition,
        end,
        from: position,
        ...recordsOf(topic, partition, part.records ?? [], position),
      });
  }
  return { batches, outOfRange: gone, trouble };
}

type RecordBatches = NonNullable<FetchResponse['responses'][number]['partitions'][number]['records']>;

/** Bits of a batch's attributes. */
const appendTime = 1 << 3;
const control = 1 << 5;

/**
 * The records of an answer that stand at or behind an offset. Batches come whole: the first one may begin before it.
 * @returns also where to go on, which may be beyond the last record: compaction and transactions leave gaps
 */
function recordsOf(
  topic: string,
  partition: number,
  batches: RecordBatches,
  from: bigint,
): { readonly records: StoredRecord[]; readonly next: bigint } {
  const records: StoredRecord[] = [];
  let next = from;
  for (const batch of batches) {
    next = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
    if ((batch.attributes & control) !== 0) continue;
    for (const { offsetDelta, timestampDelta, key, value, headers } of batch.records) {
      const offset = batch.firstOffset + BigInt(offsetDelta);
      if (offset < from) continue;
      const appended = (batch.attributes & appendTime) !== 0;
      records.push({
        topic,
        partition,
        offset,
        timestamp: Number(appended ? batch.maxTimestamp : batch.firstTimestamp + timestampDelta),
        key,
        value,
        headers: headers.map(([name, content]) => [String(name ?? ''), content]),
      });
    }
  }
  return { records, next: next > from ? next : from };
}
