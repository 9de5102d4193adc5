import type { BatchSequence, EncodedRecords, PartitionBatch } from '../model/partition.ts';
import type { KafkaRecord, RecordHeaders } from '../model/record.ts';
import { sizeOfVarint, varint, writeVarint } from '../model/varint.ts';
import type { Codec } from './codecs.ts';
import { crc32c } from './crc32c.ts';

const unnumbered: BatchSequence = { producerId: -1n, producerEpoch: -1, firstSequence: -1 };
/** What stands before the records. */
const headerSize = 61;
/** The checksum covers everything behind itself. */
const checkedFrom = 21;

/**
 * Encodes the records of a batch, and compresses them: the long part of the work, which is done once per batch. It does not
 * depend on what became of the batches before, so it may begin while those are out. A failure is not remembered.
 */
export function encodeBatch(batch: PartitionBatch, codec: Codec): Promise<EncodedRecords> {
  batch.encoded ??= encode(batch.records, codec).catch((failure: unknown) => {
    batch.encoded = undefined;
    throw failure;
  });
  return batch.encoded;
}

async function encode(records: readonly KafkaRecord[], codec: Codec): Promise<EncodedRecords> {
  const batch = encodeRecords(records);
  const plainSize = batch.length;
  if (codec.compress === undefined) return { start: batch, rest: empty, plainSize };
  const rest = await codec.compress(batch.subarray(headerSize));
  return { start: Buffer.allocUnsafe(headerSize), rest, plainSize };
}

/**
 * One record batch, as it goes over the wire and lies on the brokers' disks (magic 2, Kafka 0.11 and later; the format is
 * in Kafka's documentation, "Message format", and in its `DefaultRecordBatch.java` and `DefaultRecord.java`).
 *
 * @param encoded of the same records and codec
 * @returns its bytes, in pieces
 */
export function sealBatch(
  { start, rest }: EncodedRecords,
  records: readonly KafkaRecord[],
  codec: Codec,
  sequence = unnumbered,
): readonly Buffer[] {
  writeHeader(start, records, codec, sequence, rest);
  return rest.length === 0 ? [start] : [start, rest];
}

const empty = Buffer.alloc(0);

/** @param rest the records, where they do not follow the header in `batch` itself */
function writeHeader(
  batch: Buffer,
  records: readonly KafkaRecord[],
  codec: Codec,
  { producerId, producerEpoch, firstSequence }: BatchSequence,
  rest: Buffer,
): void {
  // The first offset and the leader's epoch are the broker's to fill in.
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.length + rest.length - 12, 8);
  batch.writeInt32BE(-1, 12);
  batch[16] = 2;
  // The type of the timestamps, bit 3, stays 0: they are when things happened, not when they were stored.
  batch.writeInt16BE(codec.number, 21);
  batch.writeInt32BE(records.length - 1, 23);
  batch.writeBigInt64BE(BigInt(firstTimestamp(records)), 27);
  batch.writeBigInt64BE(BigInt(maxTimestamp(records)), 35);
  batch.writeBigInt64BE(producerId, 43);
  batch.writeInt16BE(producerEpoch, 51);
  batch.writeInt32BE(firstSequence, 53);
  batch.writeInt32BE(records.length, 57);
  batch.writeUInt32BE(crc32c(rest, crc32c(batch.subarray(checkedFrom))), 17);
}

/** The records, measured first, so that one buffer is made for them all, with room for the header before them. */
function encodeRecords(records: readonly KafkaRecord[]): Buffer {
  const base = firstTimestamp(records);
  let size = headerSize;
  let offset = 0;
  for (const record of records) {
    const length = lengthOf(record, offset++, base);
    size += sizeOfVarint(length) + length;
  }
  const batch = Buffer.allocUnsafe(size);
  let at = headerSize;
  offset = 0;
  for (const record of records) {
    at = writeVarint(batch, at, lengthOf(record, offset, base));
    // Attributes, of which there are none.
    batch[at++] = 0;
    at = writeVarint(batch, at, record.timestamp - base);
    at = writeVarint(batch, at, offset++);
    at = writeBytes(batch, at, record.key);
    at = writeBytes(batch, at, record.value);
    const headers = encodedHeaders(record.headers);
    batch.set(headers, at);
    at += headers.length;
  }
  return batch;
}

/** Of a record, without the length itself. */
function lengthOf({ key, value, headers, timestamp }: KafkaRecord, offset: number, base: number): number {
  return (
    1 +
    sizeOfVarint(timestamp - base) +
    sizeOfVarint(offset) +
    sizeOfBytes(key) +
    sizeOfBytes(value) +
    encodedHeaders(headers).length
  );
}

function sizeOfBytes(bytes: Buffer | null): number {
  return bytes === null ? sizeOfVarint(nullLength) : sizeOfVarint(bytes.length) + bytes.length;
}

/** By which null differs from empty bytes. */
const nullLength = -1;

function writeBytes(batch: Buffer, at: number, bytes: Buffer | null): number {
  if (bytes === null) return writeVarint(batch, at, nullLength);
  const from = writeVarint(batch, at, bytes.length);
  batch.set(bytes, from);
  return from + bytes.length;
}

/** One headers object serves all records of a rule: encoded once. */
const knownHeaders = new WeakMap<RecordHeaders, Buffer>();

function encodedHeaders(headers: RecordHeaders): Buffer {
  let encoded = knownHeaders.get(headers);
  if (encoded === undefined) {
    const entries = Object.entries(headers);
    const parts = entries.flat().flatMap((part) => {
      const bytes = typeof part === 'string' ? Buffer.from(part) : part;
      return [varint(bytes.length), bytes];
    });
    encoded = Buffer.concat([varint(entries.length), ...parts]);
    knownHeaders.set(headers, encoded);
  }
  return encoded;
}

/** All times of a batch are told by their distance from this one. */
function firstTimestamp(records: readonly KafkaRecord[]): number {
  return records[0]?.timestamp ?? 0;
}

function maxTimestamp(records: readonly KafkaRecord[]): number {
  return records.reduce((max, { timestamp }) => Math.max(max, timestamp), firstTimestamp(records));
}
