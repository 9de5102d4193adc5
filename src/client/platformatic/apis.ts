import type * as platformatic from '@platformatic/kafka';
import type { API, Connection } from '@platformatic/kafka';
import { brokerCode, flatten } from '../errors/connection-errors.ts';
import type { RawMetadata } from '../wire/metadata.ts';
import { produceKey, produceVersion } from '../wire/produce-request.ts';

export type Library = typeof platformatic;
export type MetadataResponse = Awaited<ReturnType<Library['metadataV12']['api']['async']>>;

export type CreateTopicsResponse = Awaited<ReturnType<Library['createTopicsV7']['api']['async']>>;
export type DescribeConfigsResponse = Awaited<ReturnType<Library['describeConfigsV4']['api']['async']>>;

/** One version each of the requests that producing takes. */
export interface Apis {
  readonly metadata: Pick<Library['metadataV11']['api'], 'async'>;
  readonly produceVersion: number;
  readonly initProducerId: Pick<Library['initProducerIdV5']['api'], 'async'>;
  /** Setup's, chosen when asked for: a cluster that has given them up, as some hosted ones, still takes records. */
  readonly createTopics: () => Pick<Library['createTopicsV7']['api'], 'async'>;
  readonly describeConfigs: () => Pick<Library['describeConfigsV4']['api'], 'async'>;
}

export interface Offer {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

type Version<Request> = Request & Pick<API<unknown[], unknown>, 'key' | 'version'>;

/** The newest version of each request that both sides know. Kafka 2.1 is the oldest that speaks them all. */
export async function negotiate(library: Library, connection: Connection): Promise<Apis> {
  const offers = await apiVersions(library, connection);
  return {
    metadata: newest<Apis['metadata']>(offers, [
      library.metadataV12.api,
      library.metadataV11.api,
      library.metadataV10.api,
      library.metadataV9.api,
      library.metadataV8.api,
      library.metadataV7.api,
    ]),
    produceVersion: produceVersion(offers.find(({ apiKey }) => apiKey === produceKey)),
    initProducerId: newest<Apis['initProducerId']>(offers, [
      library.initProducerIdV5.api,
      library.initProducerIdV4.api,
      library.initProducerIdV3.api,
      library.initProducerIdV2.api,
      library.initProducerIdV1.api,
    ]),
    createTopics: () =>
      newest<ReturnType<Apis['createTopics']>>(offers, [
        library.createTopicsV7.api,
        library.createTopicsV6.api,
        library.createTopicsV5.api,
        library.createTopicsV4.api,
        library.createTopicsV3.api,
      ]),
    describeConfigs: () =>
      newest<ReturnType<Apis['describeConfigs']>>(offers, [
        library.describeConfigsV4.api,
        library.describeConfigsV3.api,
        library.describeConfigsV2.api,
      ]),
  };
}

/**
 * The library throws an answer when a part of it is an error; this takes it out again.
 * @throws the failure itself where it holds no answer
 */
export function answerWithin<Answer extends object>(failure: unknown): Answer {
  for (const error of flatten(failure)) {
    if (typeof error !== 'object' || error === null || !('response' in error)) continue;
    if (typeof error.response === 'object' && error.response !== null) return error.response as Answer;
  }
  throw failure;
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

/** What the broker at the other end speaks. */
export async function apiVersions(library: Library, connection: Connection): Promise<readonly Offer[]> {
  try {
    const name = library.clientSoftwareName;
    return (await library.apiVersionsV3.api.async(connection, name, String(library.clientSoftwareVersion)))
      .apiKeys;
  } catch (failure) {
    // Kafka before 2.4 answers UNSUPPORTED_VERSION, in the format of version 0.
    if (brokerCode(failure) !== 35) throw failure;
    return (await library.apiVersionsV1.api.async(connection, '', '')).apiKeys;
  }
}

/**
 * @param known the versions of one request that this client knows, the newest first
 * @throws where there is nothing in common
 */
export function newest<Request>(
  offers: readonly Offer[],
  known: readonly [Version<Request>, ...Version<Request>[]],
): Request {
  const [{ key }] = known;
  const offer = offers.find(({ apiKey }) => apiKey === key);
  const shared = known.find(
    ({ version }) => offer !== undefined && version >= offer.minVersion && version <= offer.maxVersion,
  );
  if (shared === undefined) {
    throw new Error(
      `it speaks no version of request ${key} that this client knows: Kafka 2.1 or later is needed`,
    );
  }
  return shared;
}
