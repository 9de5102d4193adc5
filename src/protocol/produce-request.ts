import type { PartitionBatch } from '../model/partition.ts';
import type { Compression } from '../transport/port.ts';
import { newestVersion, textOf, UnsupportedVersion, type VersionRange } from './api-versions.ts';
import type { Codec } from './codecs.ts';
import { beginEach } from './begin-each.ts';
import { encodeBatch, sealBatch } from './record-batch.ts';

/**
 * The versions that are written here: the request is the same in all of them, the answer grows. 3 is the first with
 * record batches (Kafka 0.11), 7 the first with zstd (2.1), 8 the first with the broker's own words (2.4), 9 would be
 * another encoding. Kafka 4 begins at 3; Azure Event Hubs and Redpanda end at 7.
 */
const known = [3, 4, 5, 6, 7, 8];
const firstWithZstd = 7;

/**
 * @param offer what the broker says it speaks
 * @throws UnsupportedVersion
 */
export function produceVersion(offer: VersionRange | undefined, compression: Compression): number {
  const version = newestVersion('Produce', known, offer);
  if (compression !== 'zstd' || version >= firstWithZstd || offer === undefined) return version;
  throw new UnsupportedVersion(
    `speaks Produce ${textOf(offer)}, and settings.kafka.compression "zstd" needs ${firstWithZstd}`,
    'Choose "gzip", or a broker of Kafka 2.1 or later.',
  );
}

export interface ProduceSettings {
  readonly acks: -1 | 0 | 1;
  /** How long the broker may wait for its followers, in milliseconds. */
  readonly ackTimeout: number;
}

export interface EncodedProduce {
  readonly body: readonly Buffer[];
  /** Bytes of its record batches: without compression, and as they are sent. */
  readonly size: { readonly plain: number; readonly sent: number };
}

/** A Produce request; the batches of several partitions are compressed at the same time. */
export async function encodeProduce(
  batches: readonly PartitionBatch[],
  codec: Codec,
  { acks, ackTimeout }: ProduceSettings,
): Promise<EncodedProduce> {
  const size = { plain: 0, sent: 0 };
  const sealed = await beginEach(batches, async (batch) => {
    const encoded = await encodeBatch(batch, codec);
    const pieces = sealBatch(encoded, batch.records, codec, batch.sequence);
    const sentSize = sizeOf(pieces);
    size.plain += encoded.plainSize;
    size.sent += sentSize;
    return { batch, pieces, sentSize };
  });
  const topics = Map.groupBy(sealed, ({ batch }) => batch.topic);
  const body = [
    int16(noTransaction),
    int16(acks),
    int32(ackTimeout),
    int32(topics.size),
    ...[...topics].flatMap(([topic, ofTopic]) => [
      int16(Buffer.byteLength(topic)),
      Buffer.from(topic),
      int32(ofTopic.length),
      ...ofTopic.flatMap(({ batch, pieces, sentSize }) => [
        int32(batch.partition),
        int32(sentSize),
        ...pieces,
      ]),
    ]),
  ];
  return { body, size };
}

/** The length of a string that is none. */
const noTransaction = -1;

function sizeOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((size, { length }) => size + length, 0);
}

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}
