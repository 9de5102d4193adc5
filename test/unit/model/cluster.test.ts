import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addressOf, parseAddress, partsOf } from '../../../src/model/cluster.ts';

describe('broker addresses', () => {
  for (const [text, host, written, port] of [
    ['kafka-1.example.com:9093', 'kafka-1.example.com', 9093, 9093],
    ['10.0.0.1:9092', '10.0.0.1', 9092, 9092],
    ['[::1]:9094', '::1', 9094, 9094],
    ['localhost', 'localhost', undefined, 9092],
  ] as const) {
    it(`reads ${text}`, () => {
      assert.deepEqual(partsOf(text), { host, port: written });
      assert.deepEqual(parseAddress(text), { host, port });
    });
  }

  it('writes them as users do', () => {
    assert.equal(addressOf({ host: '::1', port: 9094 }), '[::1]:9094');
    assert.equal(addressOf({ host: 'b1', port: 9092 }), 'b1:9092');
  });
});
