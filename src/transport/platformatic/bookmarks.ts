import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaErrors } from '../../protocol/kafka-errors.ts';
import { operations, type Operation } from '../errors/operations.ts';
import { bookmarkError } from '../errors/read-errors.ts';
import type { Bookmark, Bookmarks } from '../reader.ts';
import type { Address } from '../../model/address.ts';
import {
  answerWithin,
  type FindCoordinatorResponse,
  type Library,
  type OffsetCommitResponse,
  type OffsetFetchResponse,
} from './apis.ts';
import { commitForLong } from './commit-request.ts';
import type { Cluster } from '../cluster.ts';
import type { PlatformaticConnection } from './connection.ts';

/** They pass, and a young cluster begins so. */
const passing: ReadonlySet<number> = new Set([
  kafkaErrors.COORDINATOR_LOAD_IN_PROGRESS,
  kafkaErrors.COORDINATOR_NOT_AVAILABLE,
  kafkaErrors.NOT_COORDINATOR,
]);
const patience = { attempts: 50, pause: 200 };

interface Answer {
  /** What was answered. */
  readonly operation: Operation;
  /** Kafka's codes, 0 for none. */
  readonly codes: readonly number[];
}

export class PlatformaticBookmarks implements Bookmarks {
  readonly #library: Library;
  readonly #cluster: Cluster<PlatformaticConnection>;

  constructor(library: Library, cluster: Cluster<PlatformaticConnection>) {
    this.#library = library;
    this.#cluster = cluster;
  }

  async find(
    group: string,
    topic: string,
    partitions: readonly number[],
  ): Promise<ReadonlyMap<number, Bookmark>> {
    const topics = [{ name: topic, partitionIndexes: [...partitions] }];
    const operation = operations.fetchOffsets(group);
    const { found } = await this.#atCoordinator(group, topic, async ({ connection, apis }) => {
      const answer = await apis.offsetFetch
        .async(connection, [{ groupId: group, topics }], true)
        .catch((failure: unknown) => answerWithin<OffsetFetchResponse>(failure));
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

  async keep(group: string, topic: string, bookmarks: ReadonlyMap<number, Bookmark>): Promise<void> {
    const operation = operations.commitOffsets(group);
    await this.#atCoordinator(group, topic, async ({ connection, apis }) => {
      const version = apis.commitWithRetention;
      if (version !== undefined)
        return {
          operation,
          codes: await commitForLong(this.#library, connection, version, group, topic, bookmarks),
        };
      const partitions = [...bookmarks].map(([partitionIndex, { offset, note }]) => ({
        partitionIndex,
        committedOffset: offset,
        committedLeaderEpoch: -1,
        committedMetadata: note,
      }));
      const answer = await apis.offsetCommit
        .async(connection, group, -1, '', null, [{ name: topic, partitions }])
        .catch((failure: unknown) => answerWithin<OffsetCommitResponse>(failure));
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
      const tried = await this.#tryCoordinator(group, ask);
      const code = tried.codes.find((candidate) => candidate !== kafkaErrors.NONE);
      if (code === undefined && 'given' in tried) return tried.given;
      if (code === undefined || !passing.has(code) || attempt === patience.attempts)
        throw bookmarkError(code ?? kafkaErrors.UNKNOWN_SERVER_ERROR, group, topic, tried.operation);
      await sleep(patience.pause);
    }
  }

  async #tryCoordinator<Given extends Answer>(
    group: string,
    ask: (connection: PlatformaticConnection) => Promise<Given>,
  ): Promise<Answer | (Answer & { readonly given: Given })> {
    const coordinator = await this.#cluster.ask((connection) => findCoordinator(connection, group));
    if (typeof coordinator === 'number')
      return { operation: operations.findCoordinator(group), codes: [coordinator] };
    const given = await this.#cluster.at(coordinator, 'ask', ask);
    return { operation: given.operation, codes: given.codes, given };
  }
}

/** @returns its address, or Kafka's code */
async function findCoordinator(
  { connection, apis }: PlatformaticConnection,
  group: string,
): Promise<Address | number> {
  const answer = await apis.findCoordinator
    .async(connection, 0, [group])
    .catch((failure: unknown) => answerWithin<FindCoordinatorResponse>(failure));
  const [coordinator] = answer.coordinators;
  if (coordinator === undefined) return kafkaErrors.UNKNOWN_SERVER_ERROR;
  return coordinator.errorCode === kafkaErrors.NONE ? coordinator : coordinator.errorCode;
}
