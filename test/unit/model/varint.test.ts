import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sizeOfVarint, writeVarint } from '../../../src/model/varint.ts';

/** Most of them are those of Kafka's own ByteUtilsTest. */
const known: readonly (readonly [number, string])[] = [
  [0, '00'],
  [-1, '01'],
  [1, '02'],
  [63, '7e'],
  [-64, '7f'],
  [64, '8001'],
  [-65, '8101'],
  [8191, 'fe7f'],
  [-8192, 'ff7f'],
  [8192, '808001'],
  [-8193, '818001'],
  [1_048_575, 'feff7f'],
  [-1_048_576, 'ffff7f'],
  [1_048_576, '80808001'],
  [134_217_727, 'feffff7f'],
  [134_217_728, '8080808001'],
  [-134_217_729, '8180808001'],
  [2_147_483_647, 'feffffff0f'],
  [-2_147_483_648, 'ffffffff0f'],
  [2_147_483_648, '8080808010'],
  [-2_147_483_649, '8180808010'],
  [17_179_869_183, 'feffffff7f'],
  [17_179_869_184, '808080808001'],
  [-17_179_869_185, '818080808001'],
  [864_000_000_000, '8080cea6a532'],
  [-864_000_000_000, 'ffffcda6a532'],
  [Number.MAX_SAFE_INTEGER, 'feffffffffffff1f'],
  [-Number.MAX_SAFE_INTEGER, 'fdffffffffffff1f'],
];

describe('varint', () => {
  for (const [value, hex] of known) {
    it(`writes ${value}`, () => {
      const bytes = Buffer.alloc(12, 0xee);
      const end = writeVarint(bytes, 1, value);
      assert.equal(bytes.subarray(1, end).toString('hex'), hex);
      assert.equal(bytes[end], 0xee);
      assert.equal(sizeOfVarint(value), hex.length / 2);
    });
  }
});
