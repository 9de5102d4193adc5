/** Kafka's numbers of the requests that are sent once a connection is open. */
export const apiKeys = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  OffsetCommit: 8,
  OffsetFetch: 9,
  FindCoordinator: 10,
  CreateTopics: 19,
  InitProducerId: 22,
  DescribeConfigs: 32,
} as const;

export type RequestName = keyof typeof apiKeys;

/** The first and the last version of a request that somebody speaks. */
export interface VersionRange {
  readonly minVersion: number;
  readonly maxVersion: number;
}

/**
 * A broker's answer to ApiVersions, by the number of the request. It belongs to one connection: the next connection to the
 * same address may end at another version of Kafka.
 */
export type BrokerVersions = ReadonlyMap<number, VersionRange>;

export class UnsupportedVersion extends Error {
  override readonly name = 'UnsupportedVersion';
  /** What to do about it: a sentence. */
  readonly remedy: string;

  constructor(facts: string, remedy: string) {
    super(facts);
    this.remedy = remedy;
  }
}

/**
 * @param known the versions of the request that this package knows, in any order
 * @param offer what the broker says of the request
 * @returns the newest version that both know
 * @throws UnsupportedVersion
 */
export function newestVersion(
  name: RequestName,
  known: readonly number[],
  offer: VersionRange | undefined,
): number {
  if (offer === undefined) throw new UnsupportedVersion(`does not offer ${name}`, remedies[name]);
  const shared = newestShared(known, offer);
  if (shared !== undefined) return shared;
  const newest = Math.max(...known);
  throw new UnsupportedVersion(
    `speaks ${name} ${textOf(offer)}, and this package ${Math.min(...known)} to ${newest}`,
    offer.minVersion > newest ? tooNew : remedies[name],
  );
}

/** @returns undefined where there is no version in common */
export function newestShared(known: readonly number[], offer: VersionRange | undefined): number | undefined {
  if (offer === undefined) return undefined;
  const shared = known.filter((version) => version >= offer.minVersion && version <= offer.maxVersion);
  return shared.length === 0 ? undefined : Math.max(...shared);
}

export function textOf({ minVersion, maxVersion }: VersionRange): string {
  return `${minVersion} to ${maxVersion}`;
}

const tooNew = 'The broker is newer than this package: update walkeros-destination-kafka.';
const tooOld = 'Kafka 0.11 or later is needed.';
const notResent = 'Its dead letters cannot be re-sent by this command.';

/** What works where a broker does not offer a request, or only older versions. */
const remedies: Readonly<Record<RequestName, string>> = {
  Produce: tooOld,
  Metadata: tooOld,
  Fetch: 'Its topics cannot be read by this command.',
  ListOffsets: 'Its topics cannot be read by this command.',
  FindCoordinator: notResent,
  OffsetFetch: notResent,
  OffsetCommit: notResent,
  CreateTopics: 'Create the topic with the tools of your provider, and remove config.setup.',
  InitProducerId: 'Remove settings.kafka.idempotent.',
  DescribeConfigs: 'Remove configEntries from config.setup: it cannot be compared with what the broker has.',
};
