import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeProduceAnswer } from '../../../src/protocol/produce-answer.ts';
import { encodeProduce, produceVersion } from '../../../src/protocol/produce-request.ts';
import type { PartitionBatch } from '../../../src/model/partition.ts';

function batchOf(topic: string, partition: number, value: string): PartitionBatch {
  const record = { topic, key: Buffer.from('k'), value: Buffer.from(value), headers: {} };
  return { topic, partition, records: [{ ...record, timestamp: 1_700_000_000_123 }] };
}

/** `ProduceRequestData` of Kafka 4.3.1, which has the same bytes in the versions 3, 7 and 8. */
const javas = [
  'ffffffff000013880000000200076772c3b6c39f6500000002000000020000004600000000000000000000003affffffff02079ab0',
  '1e0000000000000000018bcfe5687b0000018bcfe5687bffffffffffffffffffffffffffff0000000110000000026b026100000000',
  '000000004600000000000000000000003affffffff02337d18870000000000000000018bcfe5687b0000018bcfe5687bffffffffff',
  'ffffffffffffffffff0000000110000000026b02620000056f7468657200000001000000070000004600000000000000000000003a',
  'ffffffff0220df80f00000000000000000018bcfe5687b0000018bcfe5687bffffffffffffffffffffffffffff0000000110000000',
  '026b026300',
].join('');

/** `ProduceResponseData`, throttled for 250 ms: stored at 77; INVALID_RECORD; NOT_LEADER_OR_FOLLOWER. */
const answers = {
  3: [
    '0000000200076772c3b6c39f6500000002000000020000000000000000004dffffffffffffffff000000000057ffffffffffffff',
    'ffffffffffffffffff00056f7468657200000001000000070006ffffffffffffffffffffffffffffffff000000fa',
  ].join(''),
  7: [
    '0000000200076772c3b6c39f6500000002000000020000000000000000004dffffffffffffffff00000000000000030000000000',
    '57ffffffffffffffffffffffffffffffffffffffffffffffff00056f7468657200000001000000070006ffffffffffffffffffff',
    'ffffffffffffffffffffffffffff000000fa',
  ].join(''),
  8: [
    '0000000200076772c3b6c39f6500000002000000020000000000000000004dffffffffffffffff000000000000000300000000ff',
    'ff000000000057ffffffffffffffffffffffffffffffffffffffffffffffff000000020000000300064e6f206b657900000004ff',
    'ff00264f6e65206f72206d6f7265207265636f7264732068617665206265656e2072656a656374656400056f7468657200000001',
    '000000070006ffffffffffffffffffffffffffffffffffffffffffffffff00000000ffff000000fa',
  ].join(''),
};

describe('Produce request', () => {
  it("has the bytes of Java's", async () => {
    // The batches of one topic need not stand together.
    const batches = [batchOf('größe', 2, 'a'), batchOf('other', 7, 'c'), batchOf('größe', 0, 'b')];
    const { body, size } = await encodeProduce(
      batches,
      { number: 0 },
      {
        acks: -1,
        ackTimeout: 5000,
      },
    );
    assert.equal(Buffer.concat(body).toString('hex'), javas);
    // Three batches of one record: 61 bytes of header, and 9 of length, deltas, key, value and no headers.
    assert.deepEqual(size, { plain: 210, sent: 210 });
  });

  it('says what compression made of its batches', async () => {
    const codec = { number: 1, compress: () => Buffer.alloc(4) };
    const settings = { acks: 1, ackTimeout: 1 } as const;
    const { size } = await encodeProduce([batchOf('t', 0, 'a'), batchOf('t', 1, 'b')], codec, settings);
    assert.deepEqual(size, { plain: 140, sent: 130 });
  });

  it('numbers the batches of each partition by themselves', async () => {
    const batches = [
      { ...batchOf('t', 0, 'a'), sequence: { producerId: 4711n, producerEpoch: 7, firstSequence: 0 } },
      { ...batchOf('t', 1, 'b'), sequence: { producerId: 815n, producerEpoch: 2, firstSequence: 12 } },
    ];
    const settings = { acks: 1, ackTimeout: 1 } as const;
    const { body: pieces } = await encodeProduce(batches, { number: 0 }, settings);
    const body = Buffer.concat(pieces);
    // Behind 2 + 2 + 4 + 4 bytes, the topic and the number of its partitions; a batch is 70 bytes here, 8 before it.
    const encoded = [27, 105].map((at) => body.subarray(at, at + 70));
    assert.deepEqual(
      encoded.map((batch) => [batch.readBigInt64BE(43), batch.readInt16BE(51), batch.readInt32BE(53)]),
      [
        [4711n, 7, 0],
        [815n, 2, 12],
      ],
    );
  });

  it('is of the newest version that both sides know', () => {
    assert.equal(produceVersion({ minVersion: 0, maxVersion: 3 }, 'gzip'), 3);
    // Azure Event Hubs ends here.
    assert.equal(produceVersion({ minVersion: 3, maxVersion: 7 }, 'zstd'), 7);
    // Kafka 4.3.1.
    assert.equal(produceVersion({ minVersion: 0, maxVersion: 13 }, 'gzip'), 8);
    const refusals = [
      [{ minVersion: 0, maxVersion: 2 }, 'gzip', /^speaks Produce 0 to 2, and this package 3 to 8$/],
      [{ minVersion: 9, maxVersion: 15 }, 'gzip', /^speaks Produce 9 to 15, and this package 3 to 8$/],
      [undefined, 'gzip', /^does not offer Produce$/],
      [{ minVersion: 0, maxVersion: 6 }, 'zstd', /^speaks Produce 0 to 6, and .* "zstd" needs 7$/],
    ] as const;
    for (const [offer, compression, message] of refusals)
      assert.throws(() => produceVersion(offer, compression), { name: 'UnsupportedVersion', message });
  });
});

describe('Produce answer', () => {
  const codes = { 'größe:2': 0, 'größe:0': 87, 'other:7': 6 };

  for (const version of [3, 7, 8] as const) {
    it(`tells the code of each partition in version ${version}`, () => {
      const { partitions, throttle } = decodeProduceAnswer(Buffer.from(answers[version], 'hex'), version);
      assert.deepEqual(
        Object.fromEntries([...partitions].map(([partition, { code }]) => [partition, code])),
        codes,
      );
      assert.equal(throttle, version === 3 ? 0 : 250);
    });
  }

  it("quotes the broker's words about the batch and its first bad record", () => {
    const { partitions } = decodeProduceAnswer(Buffer.from(answers[8], 'hex'), 8);
    assert.equal(partitions.get('größe:0')?.detail, 'One or more records have been rejected: No key');
    assert.equal(partitions.get('größe:2')?.detail, null);
  });

  it('is refused where it ends too early', () => {
    const whole = Buffer.from(answers[8], 'hex');
    assert.throws(() => decodeProduceAnswer(whole.subarray(0, 40), 8), RangeError);
    assert.throws(() => decodeProduceAnswer(whole.subarray(0, -2), 8), RangeError);
  });
});
