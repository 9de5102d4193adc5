import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeBatch } from '../../../src/protocol/record-batch.ts';
import type { PartitionBatch } from '../../../src/model/partition.ts';

const batch = (): PartitionBatch => ({
  topic: 't',
  partition: 0,
  records: [
    {
      topic: 't',
      key: Buffer.from('k'),
      value: Buffer.from('v'),
      headers: {},
      timestamp: 1_700_000_000_123,
    },
  ],
});

describe('encoding ahead', () => {
  it('compresses a batch once, whether it was begun before or is sent again', async () => {
    let compressed = 0;
    const codec = { number: 1, compress: () => Buffer.alloc(++compressed) };
    const [next, other] = [batch(), batch()];
    void encodeBatch(next, codec);
    assert.equal(compressed, 1);
    assert.equal((await encodeBatch(other, codec)).rest.length, 2);
    assert.equal((await encodeBatch(next, codec)).rest.length, 1);
    assert.equal(compressed, 2);
  });

  // A batch in doubt is sent again for two minutes: a moment without memory must not decide about all of them.
  it('tries again what failed', async () => {
    let calls = 0;
    const failOnce = () => (++calls === 1 ? Promise.reject(new Error('no memory')) : Buffer.alloc(3));
    const next = batch();
    await assert.rejects(encodeBatch(next, { number: 1, compress: failOnce }), /no memory/);
    assert.equal((await encodeBatch(next, { number: 1, compress: failOnce })).rest.length, 3);
  });
});
