import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32c, Reader, readRecordsBatch } from '@platformatic/kafka';
import fc from 'fast-check';
import { loadCodec, type Codec } from '../../../src/protocol/codecs.ts';
import { encodeBatch, sealBatch } from '../../../src/protocol/record-batch.ts';
import type { BatchSequence } from '../../../src/model/partition.ts';
import type { KafkaRecord, RecordHeaders } from '../../../src/model/record.ts';

const time = 1_700_000_000_123;
const day = 86_400_000;

function record(timestamp: number, key: string, value: string, headers: RecordHeaders = {}): KafkaRecord {
  return { topic: 'any', key: Buffer.from(key), value: Buffer.from(value), headers, timestamp };
}

async function encoded(
  records: readonly KafkaRecord[],
  codec: Codec,
  sequence?: BatchSequence,
): Promise<Buffer> {
  const batch = { topic: 't', partition: 0, records };
  return Buffer.concat(sealBatch(await encodeBatch(batch, codec), records, codec, sequence));
}

/** What the Java client of Kafka 4.3.1 makes of the same records: `MemoryRecords.withRecords`, magic 2, no compression. */
const javas = [
  '0000000000000000000000ddffffffff02c103335b0000000000030000018bcfe5687b00000254fa4f287bffffffffffffffff',
  'ffffffffffff000000047c000000086bc3a9790e7b2261223a317d0418636f6e74656e742d74797065206170706c6963617469',
  '6f6e2f6a736f6e0e6772c3bcc39f650ce4b896e7958ca40100ffffcda6a53202008c01',
  '78'.repeat(70),
  '0018008080cea6a53204026b000016000106026b027602026500',
].join('');
/** And `MemoryRecords.withIdempotentRecords`. */
const javasNumbered = [
  '000000000000000000000043ffffffff020f2be7cc00000000000100000000000000000000000000000001000000000000126700',
  '077fffffd00000000210000000026b02760010000202026b027700',
].join('');

/** The same, with null as key, as value, as both, and both empty. */
const javasNulls = [
  '00000000000000000000004fffffffff02dd13473a0000000000030000018bcfe5687b0000018bcfe5687effffffffffffffffff',
  'ffffffffff000000040e000000010276000e000202026b01000c0004040101000c000606000000',
].join('');

describe('record batch', () => {
  it("has the bytes of Java's: text beyond ASCII, headers, empty keys and values, times years apart", async () => {
    const records = [
      record(time, 'kéy', '{"a":1}', { 'content-type': 'application/json', grüße: '世界' }),
      record(time - 10_000 * day, '', 'x'.repeat(70)),
      record(time + 10_000 * day, 'k', ''),
      record(time - 1, 'k', 'v', { e: '' }),
    ];
    assert.equal((await encoded(records, await loadCodec('none'))).toString('hex'), javas);
  });

  it("has the bytes of Java's: no key and no value, which are none that are empty", async () => {
    const records = [
      { ...record(time, '', 'v'), key: null },
      { ...record(time + 1, 'k', ''), value: null },
      { ...record(time + 2, '', ''), key: null, value: null },
      record(time + 3, '', ''),
    ];
    assert.equal((await encoded(records, await loadCodec('none'))).toString('hex'), javasNulls);
  });

  it("has the bytes of Java's when it is numbered", async () => {
    const sequence = { producerId: 4711n, producerEpoch: 7, firstSequence: 2_147_483_600 };
    const batch = await encoded(
      [record(0, 'k', 'v'), record(1, 'k', 'w')],
      await loadCodec('none'),
      sequence,
    );
    assert.equal(batch.toString('hex'), javasNumbered);
  });

  const headers = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }));
  const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
  const timestamp = fc.oneof(
    fc.integer({ min: -10_000 * day, max: 10_000 * day }).map((distance) => time + distance),
    fc.integer({ min: 0, max: 8.64e15 }),
  );
  const records = fc
    .array(fc.record({ key: fc.option(bytes), value: fc.option(bytes), headers, timestamp }), {
      minLength: 1,
      maxLength: 80,
    })
    .map((list) => list.map((parts): KafkaRecord => ({ topic: 'any', ...parts })));

  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    it(`is read by another client as it was meant, with ${compression}`, async () => {
      const codec = await loadCodec(compression);
      await fc.assert(
        fc.asyncProperty(records, async (list) => {
          const batch = await encoded(list, codec);
          assert.equal(batch.readUInt32BE(17), crc32c(batch.subarray(21)));
          assert.equal(batch.readInt32BE(8), batch.length - 12);
          const read = readRecordsBatch(Reader.from(batch));
          assert.equal(read.attributes, ['none', 'gzip', 'snappy', 'lz4', 'zstd'].indexOf(compression));
          assert.equal(read.lastOffsetDelta, list.length - 1);
          assert.equal(read.maxTimestamp, BigInt(Math.max(...list.map((each) => each.timestamp))));
          assert.deepEqual(
            read.records.map((each) => ({
              offset: each.offsetDelta,
              timestamp: Number(read.firstTimestamp + each.timestampDelta),
              key: each.key?.toString('hex'),
              value: each.value?.toString('hex'),
              headers: each.headers.map(([name, value]) => [name?.toString(), value?.toString()]),
            })),
            list.map((each, offset) => ({
              offset,
              timestamp: each.timestamp,
              key: each.key?.toString('hex'),
              value: each.value?.toString('hex'),
              headers: Object.entries(each.headers),
            })),
          );
        }),
        { numRuns: 60 },
      );
    });
  }
});
