import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checks } from '../../examples/downstream/check.ts';
import { sharedBroker } from '../support/broker.ts';

describe('Kafka Connect', () => {
  it('writes every event to a file, from JSON and from Avro', async () => {
    const [json, avro] = await checks.connect((await sharedBroker()).brokers);
    assert.ok(json && avro);
    assert.equal(json.found.length, 400);
    assert.deepEqual(json.found[8], {
      id: '00d0000000000008',
      name: 'product add',
      timestamp: 1_767_614_412_904,
      recorded: 1_767_614_412_904,
      quantity: 3,
    });
    assert.deepEqual(json.found, json.expected);
    assert.deepEqual(avro.found, avro.expected);
  });
});
