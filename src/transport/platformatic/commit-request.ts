import type { Connection } from '@platformatic/kafka';
import type { Bookmark } from '../reader.ts';
import { apiKeys } from '../../protocol/api-versions.ts';
import type { Library } from './apis.ts';

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
export function commitForLong(
  library: Library,
  connection: Connection,
  version: number,
  group: string,
  topic: string,
  bookmarks: ReadonlyMap<number, Bookmark>,
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
        [...bookmarks],
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
