import type * as platformatic from '@platformatic/kafka';
import type { API, Connection } from '@platformatic/kafka';
import { brokerCode, flatten } from '../errors/connection-errors.ts';
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
import { produceVersion } from '../../protocol/produce-request.ts';

export type Library = typeof platformatic;
export type MetadataResponse = Awaited<ReturnType<Library['metadataV12']['api']['async']>>;
export type FetchResponse = Awaited<ReturnType<Library['fetchV12']['api']['async']>>;

type Request<Api> = Pick<Api, Extract<'async', keyof Api>>;
type Version<Chosen> = Chosen & Pick<API<unknown[], unknown>, 'version'>;

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

  get metadata(): Request<Library['metadataV12']['api']> {
    const { metadataV4, metadataV5, metadataV6, metadataV7, metadataV8 } = this.#library;
    const { metadataV9, metadataV10, metadataV11, metadataV12 } = this.#library;
    return this.#newest<Request<Library['metadataV12']['api']>>('Metadata', [
      metadataV4.api,
      metadataV5.api,
      metadataV6.api,
      metadataV7.api,
      metadataV8.api,
      metadataV9.api,
      metadataV10.api,
      metadataV11.api,
      metadataV12.api,
    ]);
  }

  get initProducerId(): Request<Library['initProducerIdV5']['api']> {
    const { initProducerIdV0, initProducerIdV1, initProducerIdV2 } = this.#library;
    const { initProducerIdV3, initProducerIdV4, initProducerIdV5 } = this.#library;
    return this.#newest<Request<Library['initProducerIdV5']['api']>>('InitProducerId', [
      initProducerIdV0.api,
      initProducerIdV1.api,
      initProducerIdV2.api,
      initProducerIdV3.api,
      initProducerIdV4.api,
      initProducerIdV5.api,
    ]);
  }

  get createTopics(): Request<Library['createTopicsV7']['api']> {
    const { createTopicsV2, createTopicsV3, createTopicsV4 } = this.#library;
    const { createTopicsV5, createTopicsV6, createTopicsV7 } = this.#library;
    return this.#newest<Request<Library['createTopicsV7']['api']>>('CreateTopics', [
      createTopicsV2.api,
      createTopicsV3.api,
      createTopicsV4.api,
      createTopicsV5.api,
      createTopicsV6.api,
      createTopicsV7.api,
    ]);
  }

  get describeConfigs(): Request<Library['describeConfigsV0']['api']> {
    const { describeConfigsV0, describeConfigsV1, describeConfigsV2 } = this.#library;
    const { describeConfigsV3, describeConfigsV4 } = this.#library;
    return this.#newest<Request<Library['describeConfigsV0']['api']>>('DescribeConfigs', [
      describeConfigsV0.api,
      describeConfigsV1.api,
      describeConfigsV2.api,
      describeConfigsV3.api,
      describeConfigsV4.api,
    ]);
  }

  get fetch(): Request<Library['fetchV12']['api']> {
    const { fetchV4, fetchV5, fetchV6, fetchV7, fetchV8 } = this.#library;
    const { fetchV9, fetchV10, fetchV11, fetchV12 } = this.#library;
    return this.#newest<Request<Library['fetchV12']['api']>>('Fetch', [
      fetchV4.api,
      fetchV5.api,
      fetchV6.api,
      fetchV7.api,
      fetchV8.api,
      fetchV9.api,
      fetchV10.api,
      fetchV11.api,
      fetchV12.api,
    ]);
  }

  get listOffsets(): Request<Library['listOffsetsV5']['api']> {
    const { listOffsetsV1, listOffsetsV2, listOffsetsV3, listOffsetsV4, listOffsetsV5 } = this.#library;
    return this.#newest<Request<Library['listOffsetsV5']['api']>>('ListOffsets', [
      listOffsetsV1.api,
      listOffsetsV2.api,
      listOffsetsV3.api,
      listOffsetsV4.api,
      listOffsetsV5.api,
    ]);
  }

  get findCoordinator(): Request<Library['findCoordinatorV3']['api']> {
    const { findCoordinatorV0, findCoordinatorV1, findCoordinatorV2, findCoordinatorV3 } = this.#library;
    return this.#newest<Request<Library['findCoordinatorV3']['api']>>('FindCoordinator', [
      findCoordinatorV0.api,
      findCoordinatorV1.api,
      findCoordinatorV2.api,
      findCoordinatorV3.api,
    ]);
  }

  get offsetFetch(): Request<Library['offsetFetchV2']['api']> {
    const { offsetFetchV2, offsetFetchV3, offsetFetchV4, offsetFetchV5 } = this.#library;
    return this.#newest<Request<Library['offsetFetchV2']['api']>>('OffsetFetch', [
      offsetFetchV2.api,
      offsetFetchV3.api,
      offsetFetchV4.api,
      offsetFetchV5.api,
    ]);
  }

  /** Version of OffsetCommit in which a client says how long an offset is kept; undefined where the broker has none. */
  get commitWithRetention(): number | undefined {
    return newestShared([2, 3, 4], this.#broker.get(apiKeys.OffsetCommit));
  }

  /** Of brokers that have given up `commitWithRetention`. */
  get offsetCommit(): Request<Library['offsetCommitV7']['api']> {
    const { offsetCommitV5, offsetCommitV6, offsetCommitV7 } = this.#library;
    return this.#newest<Request<Library['offsetCommitV7']['api']>>('OffsetCommit', [
      offsetCommitV5.api,
      offsetCommitV6.api,
      offsetCommitV7.api,
    ]);
  }

  /** @throws UnsupportedVersion */
  #newest<Chosen>(name: RequestName, known: readonly Version<Chosen>[]): Chosen {
    const version = newestVersion(
      name,
      known.map((request) => request.version),
      this.#broker.get(apiKeys[name]),
    );
    const chosen = known.find((request) => request.version === version);
    if (chosen === undefined) throw new RangeError(`No version ${version} of ${name}`);
    return chosen;
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

/** Kafka's request that carries passwords and tokens. */
const saslAuthenticate = 'SaslAuthenticate';

/** Of the package `debug`, which has no types here. */
type Print = (format: unknown, ...details: unknown[]) => void;

/** The library, which prints nothing of a login: with `DEBUG=*` it prints each request with its bytes. */
export async function loadLibrary(): Promise<Library> {
  const library = await import('@platformatic/kafka');
  const loggers = library.loggers as unknown as Record<string, Print | undefined>;
  if (loggers.protocol !== undefined) loggers.protocol = withoutLogins(loggers.protocol);
  return library;
}

const made = new WeakSet<Print>();

function withoutLogins(print: Print): Print {
  if (made.has(print)) return print;
  const quiet = (format: unknown, ...details: unknown[]): void => {
    if (details.some(isLogin)) print(format, { apiKey: saslAuthenticate });
    else print(format, ...details);
  };
  const wrapped = Object.assign(quiet, print);
  made.add(wrapped);
  return wrapped;
}

function isLogin(detail: unknown): boolean {
  return (
    typeof detail === 'object' && detail !== null && 'apiKey' in detail && detail.apiKey === saslAuthenticate
  );
}
