import type { Connection } from '@platformatic/kafka';
import { commitKey, commitVersion } from './commit-request.ts';
import { apiVersions, newest, type Library } from './apis.ts';

export type FetchResponse = Awaited<ReturnType<Library['fetchV12']['api']['async']>>;
export type ListOffsetsResponse = Awaited<ReturnType<Library['listOffsetsV5']['api']['async']>>;
export type OffsetFetchResponse = Awaited<ReturnType<Library['offsetFetchV5']['api']['async']>>;
export type OffsetCommitResponse = Awaited<ReturnType<Library['offsetCommitV7']['api']['async']>>;
export type FindCoordinatorResponse = Awaited<ReturnType<Library['findCoordinatorV3']['api']['async']>>;

/** One version each of the requests that reading takes. */
export interface ReadingApis {
  readonly fetch: Pick<Library['fetchV12']['api'], 'async'>;
  readonly listOffsets: Pick<Library['listOffsetsV5']['api'], 'async'>;
  readonly findCoordinator: Pick<Library['findCoordinatorV3']['api'], 'async'>;
  readonly offsetFetch: Pick<Library['offsetFetchV5']['api'], 'async'>;
  readonly offsetCommit: Pick<Library['offsetCommitV7']['api'], 'async'>;
  /** Whether the broker takes the request of `commitForLong`. */
  readonly commitsForLong: boolean;
}

/** Those that still name topics; later ones number them. Kafka 2.1 speaks them, and so does Kafka 4. */
export async function negotiateReading(library: Library, connection: Connection): Promise<ReadingApis> {
  const offers = await apiVersions(library, connection);
  return {
    fetch: newest<ReadingApis['fetch']>(offers, [
      library.fetchV12.api,
      library.fetchV11.api,
      library.fetchV10.api,
    ]),
    listOffsets: newest<ReadingApis['listOffsets']>(offers, [
      library.listOffsetsV5.api,
      library.listOffsetsV4.api,
    ]),
    findCoordinator: newest<ReadingApis['findCoordinator']>(offers, [
      library.findCoordinatorV3.api,
      library.findCoordinatorV2.api,
      library.findCoordinatorV1.api,
    ]),
    offsetFetch: newest<ReadingApis['offsetFetch']>(offers, [
      library.offsetFetchV5.api,
      library.offsetFetchV4.api,
      library.offsetFetchV3.api,
    ]),
    offsetCommit: newest<ReadingApis['offsetCommit']>(offers, [
      library.offsetCommitV7.api,
      library.offsetCommitV6.api,
      library.offsetCommitV5.api,
    ]),
    commitsForLong: offers.some(
      ({ apiKey, minVersion, maxVersion }) =>
        apiKey === commitKey && minVersion <= commitVersion && maxVersion >= commitVersion,
    ),
  };
}
