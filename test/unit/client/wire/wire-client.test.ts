import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClientOptions } from '../../../../src/client/port.ts';
import { WireClient } from '../../../../src/client/wire/wire-client.ts';
import type { Link, Wire } from '../../../../src/client/wire/wire.ts';

const options: ClientOptions = {
  brokers: ['b1:9092'],
  clientId: 'test',
  tls: undefined,
  sasl: undefined,
  connectTimeout: 100,
  requestTimeout: 100,
  ackTimeout: 100,
  acks: -1,
  compression: 'none',
  idempotent: false,
  autoCreateTopics: false,
};

describe('WireClient', () => {
  // A codec fails where memory is short. That says nothing about the broker: it must not look like a lost answer, after
  // which the records count as perhaps written, and the connection as perhaps broken.
  it('sends nothing, and asks for smaller slices, when records cannot be encoded', async () => {
    let produced = 0;
    const unused = (): never => assert.fail('not needed here');
    const link: Link = {
      metadata: () =>
        Promise.resolve({
          brokers: [{ nodeId: 1, host: 'b1', port: 9092 }],
          code: 0,
          partitions: [{ partition: 0, leader: 1, replicas: 1 }],
          controller: 1,
        }),
      produce: () => Promise.resolve(void (produced += 1)),
      registerProducer: unused,
      createTopic: unused,
      topicConfig: unused,
    };
    const wire: Wire = { open: () => Promise.resolve(link), close: () => Promise.resolve() };
    const compress = (): Promise<Buffer> => Promise.reject(new Error('Cannot allocate memory'));
    const client = new WireClient(wire, options, { number: 1, compress });
    await client.layout('t');
    const record = { topic: 't', key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestamp: 0 };
    const [outcome] = await client.produce([{ topic: 't', partition: 0, records: [record, record] }]);
    assert.ok(outcome?.kind === 'too-large');
    assert.equal(outcome.error.code, 'RECORD_REJECTED');
    assert.match(
      outcome.error.message,
      /"t": these records could not be encoded: Cannot allocate memory\. .*compression/,
    );
    assert.equal(outcome.error.mayHaveBeenWritten, false);
    assert.equal(produced, 0);
  });
});
