import type * as platformatic from '@platformatic/kafka';
import type { API, Connection, MessageRecord, NumericMap } from '@platformatic/kafka';
import { flatten } from './connection-errors.ts';

export type Library = typeof platformatic;

/** A request of one version. Only its promise form: the other differs from version to version. */
type Request<Arguments extends unknown[], Answer> = Pick<API<Arguments, Answer>, 'async' | 'key' | 'version'>;

interface Offer {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

export interface MetadataAnswer {
  readonly brokers: readonly { nodeId: number; host: string; port: number }[];
  readonly topics: readonly {
    errorCode: number;
    name: string | null;
    partitions: readonly { partitionIndex: number; leaderId: number }[];
  }[];
}

export interface ProduceAnswer {
  readonly responses: readonly {
    name: string;
    partitionResponses: readonly { index: number; errorCode: number; errorMessage?: string | null }[];
  }[];
}

export interface ProducerId {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** What a record batch carries besides its records. */
export interface BatchOptions extends Partial<ProducerId> {
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  /** First sequence number per `topic:partition`. */
  readonly sequences?: NumericMap;
}

/** One version each of the requests that producing takes. */
export interface Apis {
  readonly metadata: Request<[topics: string[], autoCreate?: boolean], MetadataAnswer>;
  readonly produce: Request<
    [acks: number | undefined, timeout: number | undefined, records: MessageRecord[], options?: BatchOptions],
    boolean | ProduceAnswer
  >;
  readonly initProducerId: Request<[transactionalId: null, transactionTimeout: number], ProducerId>;
}

/** The newest version of each request that both sides know. Kafka 2.1 is the oldest that knows zstd, and these. */
export async function negotiate(library: Library, connection: Connection): Promise<Apis> {
  const offered = await apiVersions(library, connection);
  return {
    metadata: newest(offered, [
      library.metadataV12.api,
      library.metadataV11.api,
      library.metadataV10.api,
      library.metadataV9.api,
      library.metadataV8.api,
      library.metadataV7.api,
    ]),
    produce: newest(offered, [
      library.produceV11.api,
      library.produceV10.api,
      library.produceV9.api,
      library.produceV8.api,
      library.produceV7.api,
    ]),
    initProducerId: newest(offered, [
      library.initProducerIdV5.api,
      library.initProducerIdV4.api,
      library.initProducerIdV3.api,
      library.initProducerIdV2.api,
      library.initProducerIdV1.api,
    ]),
  };
}

/** The answer that the library throws because a part of it is an error. */
export function answerWithin(thrown: unknown): object | undefined {
  for (const error of flatten(thrown)) {
    if (typeof error !== 'object' || error === null || !('response' in error)) continue;
    if (typeof error.response === 'object' && error.response !== null) return error.response;
  }
  return undefined;
}

async function apiVersions(library: Library, connection: Connection): Promise<readonly Offer[]> {
  try {
    return (
      await library.apiVersionsV3.api.async(
        connection,
        library.clientSoftwareName,
        library.clientSoftwareVersion,
      )
    ).apiKeys;
  } catch (failure) {
    // Kafka before 2.4 answers "unsupported version" (35) in the format of version 0.
    if (
      !flatten(failure).some(
        (error) => typeof error === 'object' && error !== null && 'apiCode' in error && error.apiCode === 35,
      )
    ) {
      throw failure;
    }
    return (await library.apiVersionsV1.api.async(connection, '', '')).apiKeys;
  }
}

function newest<Version extends { readonly key: number; readonly version: number }>(
  offered: readonly Offer[],
  known: readonly [Version, ...Version[]],
): Version {
  const range = offered.find(({ apiKey }) => apiKey === known[0].key);
  const shared = known.find(
    ({ version }) => range !== undefined && version >= range.minVersion && version <= range.maxVersion,
  );
  if (shared === undefined) {
    throw new Error(
      `the broker speaks no version of request ${known[0].key} that this client knows (Kafka 2.1 or later is needed)`,
    );
  }
  return shared;
}
