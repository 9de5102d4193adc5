import { KafkaError, reasonOf } from '../../model/errors.ts';
import { Place, type Bookmark } from './place.ts';
import { groupOf, type Memory } from './ports.ts';

/** How far re-sending has come in one partition. */
export interface PartitionPlace {
  readonly partition: number;
  /** Where the partition ended when it was asked. */
  readonly end: bigint;
  /** As it was found; undefined where nothing was ever kept. */
  readonly bookmark: Bookmark | undefined;
  readonly place: Place;
}

/**
 * In the order of their partitions, which is the same for every run.
 * @throws KafkaError RESEND_FAILED where another tool has written into the memory, or as the memory's
 */
export async function findPlaces(
  topic: string,
  firsts: ReadonlyMap<number, bigint>,
  ends: ReadonlyMap<number, bigint>,
  memory: Memory,
): Promise<PartitionPlace[]> {
  const group = groupOf(topic);
  const bookmarks = await memory.find(group, topic, [...ends.keys()]);
  const sorted = [...ends].toSorted(([one], [other]) => one - other);
  return sorted.map(([partition, end]) => {
    const bookmark = bookmarks.get(partition);
    try {
      return { partition, end, bookmark, place: Place.from(bookmark, firsts.get(partition) ?? 0n, end) };
    } catch (thrown) {
      throw new KafkaError(
        'RESEND_FAILED',
        `Dead-letter topic "${topic}": the metadata that consumer group "${group}" has for partition ${partition} is ` +
          `none of ours (${reasonOf(thrown)}): another program has committed there. Keep it from that; then delete the ` +
          'group, which forgets what was re-sent.',
        { topic, cause: thrown },
      );
    }
  });
}
