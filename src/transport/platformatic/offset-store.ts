import type { Connection } from '@platformatic/kafka';
import { apiKeys } from '../../protocol/api-versions.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaErrors } from '../../protocol/kafka-errors.ts';
import { operations, type Operation } from '../errors/broker-errors.ts';
import { offsetStoreError } from '../errors/request-errors.ts';
import type { CommittedOffset, OffsetStore } from '../port.ts';
import type { Address } from '../../model/cluster.ts';
import { answerOf } from './apis.ts';
import type { Library } from './library.ts';
import type { Cluster } from '../cluster.ts';
import type { PlatformaticConnection } from './connection.ts';

/** They pass, and a young cluster begins so. */
const passing: ReadonlySet<number> = new Set([
  kafkaErrors.COORDINATOR_LOAD_IN_PROGRESS,
  kafkaErrors.COORDINATOR_NOT_AVAILABLE,
  kafkaErrors.NOT_COORDINATOR,
]);
const retries = { attempts: 50, pause: 200 };

interface Answer {
  /** What was answered. */
  readonly operation: Operation;
  /** Kafka's codes, 0 for none. */
  readonly codes: readonly number[];
}

export class PlatformaticOffsetStore implements OffsetStore {
  readonly #library: Library;
  readonly #cluster: Cluster<PlatformaticConnection>;

  constructor(library: Library, cluster: Cluster<PlatformaticConnection>) {
    this.#library = library;
    this.#cluster = cluster;
  }

  async fetch(
    group: string,
    topic: string,
    partitions: readonly number[],
  ): Promise<ReadonlyMap<number, CommittedOffset>> {
    const topics = [{ name: topic, partitionIndexes: [...partitions] }];
    const operation = operations.fetchOffsets(group);
    const { found } = await this.#atCoordinator(group, topic, async ({ connection, apis }) => {
      const answer = await answerOf(apis.offsetFetch.async(connection, [{ groupId: group, topics }], true));
      const found = answer.topics.flatMap((part) => part.partitions);
      return { found, operation, codes: [answer.errorCode, ...found.map(({ errorCode }) => errorCode)] };
    });
    // -1: nothing was ever committed.
    const kept = found.filter(({ committedOffset }) => committedOffset >= 0n);
    return new Map(
      kept.map(({ partitionIndex, committedOffset, metadata }) => [
        partitionIndex,
        { offset: committedOffset, note: metadata ?? '' },
      ]),
    );
  }

  async commit(group: string, topic: string, offsets: ReadonlyMap<number, CommittedOffset>): Promise<void> {
    const operation = operations.commitOffsets(group);
    await this.#atCoordinator(group, topic, async ({ connection, apis }) => {
      const version = apis.commitWithRetention;
      if (version !== undefined)
        return {
          operation,
          codes: await commitForLong(this.#library, connection, version, group, topic, offsets),
        };
      const partitions = [...offsets].map(([partitionIndex, { offset, note }]) => ({
        partitionIndex,
        committedOffset: offset,
        committedLeaderEpoch: -1,
        committedMetadata: note,
      }));
      const answer = await answerOf(
        apis.offsetCommit.async(connection, group, -1, '', null, [{ name: topic, partitions }]),
      );
      return {
        operation,
        codes: answer.topics.flatMap((part) => part.partitions.map(({ errorCode }) => errorCode)),
      };
    });
  }

  /** Asks the broker that looks after the group, and looks for it again while the cluster is sorting itself out. */
  async #atCoordinator<Given extends Answer>(
    group: string,
    topic: string,
    ask: (connection: PlatformaticConnection) => Promise<Given>,
  ): Promise<Given> {
    for (let attempt = 1; ; attempt += 1) {
      const coordinator = await this.#cluster.ask((connection) => findCoordinator(connection, group));
      let operation: Operation = operations.findCoordinator(group);
      let code: number | undefined;
      if (typeof coordinator === 'number') code = coordinator;
      else {
        const answer = await this.#cluster.at(coordinator, 'ask', ask);
        code = answer.codes.find((candidate) => candidate !== kafkaErrors.NONE);
        if (code === undefined) return answer;
        operation = answer.operation;
      }
      if (!passing.has(code) || attempt === retries.attempts)
        throw offsetStoreError(code, group, topic, operation);
      await sleep(retries.pause);
    }
  }
}

/** @returns its address, or Kafka's code */
async function findCoordinator(
  { connection, apis }: PlatformaticConnection,
  group: string,
): Promise<Address | number> {
  const answer = await answerOf(apis.findCoordinator.async(connection, 0, [group]));
  const [coordinator] = answer.coordinators;
  if (coordinator === undefined) return kafkaErrors.UNKNOWN_SERVER_ERROR;
  return coordinator.errorCode === kafkaErrors.NONE ? coordinator : coordinator.errorCode;
}

/** The first version whose answer begins with how long the broker throttles us. */
const firstThrottling = 3;

/** Ten years, in milliseconds. */
const keptFor = 315_360_000_000n;

/**
 * OffsetCommit with a retention of its own, which the library leaves to the broker: that forgets the offsets of a group
 * without members after `offsets.retention.minutes`, a week, and then every dead letter would be re-sent once more.
 * @param version of those in which a client says how long: the request is the same in all of them
 * @returns Kafka's code of each partition, 0 for none
 */
function commitForLong(
  library: Library,
  connection: Connection,
  version: number,
  group: string,
  topic: string,
  offsets: ReadonlyMap<number, CommittedOffset>,
): Promise<number[]> {
  const write = () =>
    library.Writer.create()
      .appendString(group, false)
      // Neither a generation nor a member: the group has none.
      .appendInt32(-1)
      .appendString('', false)
      .appendInt64(keptFor)
      .appendInt32(1)
      .appendString(topic, false)
      .appendArray(
        [...offsets],
        (writer, [partition, { offset, note }]) => {
          writer.appendInt32(partition).appendInt64(offset).appendString(note, false);
        },
        false,
        false,
      );
  return new Promise((resolve, reject) => {
    connection.send<number[]>(
      apiKeys.OffsetCommit,
      version,
      write,
      (_id, _key, _version, reader) => {
        if (version >= firstThrottling) reader.readInt32();
        const topics = reader.readArray(
          () => {
            reader.readString(false);
            return reader.readArray(
              () => {
                reader.readInt32();
                return reader.readInt16();
              },
              false,
              false,
            );
          },
          false,
          false,
        );
        return topics.flat();
      },
      false,
      false,
      (error, codes) => {
        if (error !== null) reject(error);
        else resolve(codes ?? []);
      },
    );
  });
}
