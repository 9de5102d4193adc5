import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32c } from '../../../src/protocol/crc32c.ts';

describe('crc32c', () => {
  const ascending = Buffer.from(Array.from({ length: 32 }, (_, index) => index));

  it('is that of RFC 3720, B.4', () => {
    assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
    assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43);
    assert.equal(crc32c(ascending), 0x46dd794e);
    assert.equal(crc32c(Buffer.from(ascending).reverse()), 0x113fdb5c);
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
    assert.equal(crc32c(Buffer.alloc(0)), 0);
  });

  it('does not depend on where the bytes lie, nor on the pieces they come in', () => {
    const text = Buffer.from('The quick brown fox jumps over the lazy dog, and over the lazy dog again.');
    for (let shift = 0; shift < 8; shift++) {
      const shifted = Buffer.concat([Buffer.alloc(shift), text]).subarray(shift);
      assert.equal(crc32c(shifted), 0x36a1a9b6);
      for (let cut = 0; cut <= text.length; cut++) {
        assert.equal(crc32c(shifted.subarray(cut), crc32c(shifted.subarray(0, cut))), 0x36a1a9b6);
      }
    }
  });
});
