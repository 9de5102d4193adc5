import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Packer } from '../../../src/transport/packer.ts';

const records = () => [
  { topic: 't', key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestamp: 1_700_000_000_123 },
];

describe('packing ahead', () => {
  it('compresses what it was told of once, and anything else when it is asked for', async () => {
    let compressed = 0;
    const packer = new Packer({ number: 1, compress: () => Buffer.alloc(++compressed) });
    const [next, other] = [records(), records()];
    packer.begin(next);
    assert.equal(compressed, 1);
    assert.equal((await packer.pack(other)).rest.length, 2);
    assert.equal((await packer.pack(next)).rest.length, 1);
    assert.equal(compressed, 2);
  });

  it('tells a failure to who asks for the records, and to nobody where they are dropped', async () => {
    const packer = new Packer({ number: 1, compress: () => Promise.reject(new Error('no memory')) });
    const [next, dropped] = [records(), records()];
    packer.begin(next);
    packer.begin(dropped);
    // An unheard rejection would end the process here.
    await new Promise((resolve) => setImmediate(resolve));
    await assert.rejects(packer.pack(next), /no memory/);
  });
});
