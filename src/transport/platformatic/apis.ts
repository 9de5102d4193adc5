import type { Connection } from '@platformatic/kafka';
import { flatten } from '../../model/foreign.ts';
import { brokerCode } from '../errors/connection-errors.ts';
import type { Compression } from '../port.ts';
import {
  apiKeys,
  newestShared,
  newestVersion,
  type BrokerVersions,
  type RequestName,
} from '../../protocol/api-versions.ts';
import { kafkaErrors } from '../../protocol/kafka-errors.ts';
import type { RawMetadata } from '../metadata.ts';
import type { Library } from './library.ts';
import { produceVersion } from '../../protocol/produce-request.ts';

export type MetadataResponse = Awaited<ReturnType<Library['metadataV12']['api']['async']>>;
export type FetchResponse = Awaited<ReturnType<Library['fetchV12']['api']['async']>>;

/** What the library makes and reads a request with, by its own name for it, such as `metadataV12`. */
type ApiOf<Key extends keyof Library> = Library[Key] extends { readonly api: infer Found } ? Found : never;
type Request<Key extends keyof Library> = Pick<ApiOf<Key>, Extract<'async', keyof ApiOf<Key>>>;
type VersionOf<Name extends RequestName, Version extends number> = Extract<
  keyof Library,
  `${Uncapitalize<Name>}V${Version}`
>;

/**
 * The requests of one connection, each in the newest version that its broker and the library both know. Chosen when a
 * request is made: what a broker does not offer is missed by those alone who need it.
 *
 * All of them reach down to Kafka 0.11, which had the first record batches, and to Azure Event Hubs. Those that name topics
 * stay below the versions that number them.
 */
export class Apis {
  readonly #library: Library;
  readonly #broker: BrokerVersions;

  constructor(library: Library, broker: BrokerVersions) {
    this.#library = library;
    this.#broker = broker;
  }

  produceVersion(compression: Compression): number {
    return produceVersion(this.#broker.get(apiKeys.Produce), compression);
  }

  get metadata(): Request<'metadataV12'> {
    return this.#newest('Metadata', [4, 5, 6, 7, 8, 9, 10, 11, 12]);
  }

  get initProducerId(): Request<'initProducerIdV5'> {
    return this.#newest('InitProducerId', [0, 1, 2, 3, 4, 5]);
  }

  get createTopics(): Request<'createTopicsV7'> {
    return this.#newest('CreateTopics', [2, 3, 4, 5, 6, 7]);
  }

  get describeConfigs(): Request<'describeConfigsV0'> {
    return this.#newest('DescribeConfigs', [0, 1, 2, 3, 4]);
  }

  get fetch(): Request<'fetchV12'> {
    return this.#newest('Fetch', [4, 5, 6, 7, 8, 9, 10, 11, 12]);
  }

  get listOffsets(): Request<'listOffsetsV5'> {
    return this.#newest('ListOffsets', [1, 2, 3, 4, 5]);
  }

  get findCoordinator(): Request<'findCoordinatorV3'> {
    return this.#newest('FindCoordinator', [0, 1, 2, 3]);
  }

  get offsetFetch(): Request<'offsetFetchV2'> {
    return this.#newest('OffsetFetch', [2, 3, 4, 5]);
  }

  /** Version of OffsetCommit in which a client says how long an offset is kept; undefined where the broker has none. */
  get commitWithRetention(): number | undefined {
    return newestShared([2, 3, 4], this.#broker.get(apiKeys.OffsetCommit));
  }

  /** Of brokers that have given up `commitWithRetention`. */
  get offsetCommit(): Request<'offsetCommitV7'> {
    return this.#newest('OffsetCommit', [5, 6, 7]);
  }

  /** @throws UnsupportedVersion */
  #newest<Name extends RequestName, Version extends number>(
    name: Name,
    known: readonly Version[],
  ): ApiOf<VersionOf<Name, Version>> {
    const version = newestVersion(name, known, this.#broker.get(apiKeys[name]));
    const key = `${name.charAt(0).toLowerCase()}${name.slice(1)}V${version}`;
    return (Reflect.get(this.#library, key) as { api: ApiOf<VersionOf<Name, Version>> }).api;
  }
}

/** Asks the broker at the other end of a connection what it speaks. */
export async function negotiate(library: Library, connection: Connection): Promise<Apis> {
  const offers = await apiVersions(library, connection);
  return new Apis(library, new Map(offers.map(({ apiKey, ...range }) => [apiKey, range])));
}

/**
 * The answer to a request. The library throws an answer when a part of it is an error; this takes it out again.
 * @throws the failure itself where it holds no answer
 */
export async function answerOf<Answer extends object>(request: Promise<Answer>): Promise<Answer> {
  try {
    return await request;
  } catch (failure) {
    for (const error of flatten(failure)) {
      if (typeof error !== 'object' || error === null || !('response' in error)) continue;
      if (typeof error.response === 'object' && error.response !== null) return error.response as Answer;
    }
    throw failure;
  }
}

export function rawMetadata({ topics, clusterId, ...answer }: MetadataResponse): RawMetadata {
  return {
    ...answer,
    clusterId,
    topics: topics.map(({ name, errorCode, partitions }) => ({
      name,
      code: errorCode,
      partitions: partitions.map(({ partitionIndex, leaderId, replicaNodes, isrNodes }) => ({
        partition: partitionIndex,
        leader: leaderId,
        replicas: replicaNodes.length,
        inSync: isrNodes.length,
      })),
    })),
  };
}

async function apiVersions(library: Library, connection: Connection) {
  try {
    const name = library.clientSoftwareName;
    return (await library.apiVersionsV3.api.async(connection, name, String(library.clientSoftwareVersion)))
      .apiKeys;
  } catch (failure) {
    // Kafka before 2.4 answers UNSUPPORTED_VERSION, in the format of version 0.
    if (brokerCode(failure) !== kafkaErrors.UNSUPPORTED_VERSION) throw failure;
    return (await library.apiVersionsV1.api.async(connection, '', '')).apiKeys;
  }
}
