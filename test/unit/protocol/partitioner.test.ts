import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { murmur2, partitionOf } from '../../../src/protocol/partitioner.ts';

/**
 * From Kafka 4.3.1: `Utils.murmur2(key.getBytes(UTF_8))`, and its `Utils.toPositive` modulo 6, 7 and 64. A partitioner that
 * differs sends a key's records to two partitions as soon as a Java program writes to the same topic.
 */
const fromJava: readonly [key: string, hash: number, of6: number, of7: number, of64: number][] = [
  ['', 275646681, 3, 2, 25],
  ['a', -1563381124, 4, 5, 60],
  ['ab', 316155434, 2, 0, 42],
  ['abc', 479470107, 3, 4, 27],
  ['abcd', -1323649548, 2, 5, 52],
  ['abcde', 461995741, 1, 4, 29],
  ['page_view', 850554590, 2, 4, 30],
  ['order_complete', 541528833, 3, 6, 1],
  ['user-42', 1459644460, 4, 1, 44],
  ['ünïcödé', 201421315, 1, 4, 3],
  ['日本語', 1431860170, 4, 6, 10],
  ['0123456789abcdef0123456789abcdef', 81657833, 5, 5, 41],
];

describe('partitioner', () => {
  for (const [key, hash, of6, of7, of64] of fromJava) {
    it(`chooses as Java does for "${key}"`, () => {
      const bytes = Buffer.from(key);
      assert.equal(murmur2(bytes), hash);
      assert.deepEqual(
        [partitionOf(bytes, 6), partitionOf(bytes, 7), partitionOf(bytes, 64)],
        [of6, of7, of64],
      );
    });
  }

  it('takes bytes as unsigned, unlike Java', () => {
    const bytes = Buffer.from([0xff, 0x80, 0x00, 0x9c, 0xfe]);
    assert.equal(murmur2(bytes), -1097598371);
    assert.equal(partitionOf(bytes, 12), 9);
  });

  it('puts everything into the only partition', () => {
    assert.equal(partitionOf(Buffer.from('anything'), 1), 0);
  });
});
