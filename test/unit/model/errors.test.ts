import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { freePorts } from '../../../scripts/kafka/ports.ts';
import { reasonOf } from '../../../src/model/errors.ts';

describe('the reason of an error', () => {
  /** `localhost` mostly has two addresses: "Cannot reach Kafka at localhost:9092: . Check …". */
  it('is that of each address, where a host has several', async () => {
    const [port = 0] = await freePorts(1);
    const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }));
    const socket = connect({
      host: 'dual',
      port,
      lookup: (_host, _options, found) => found(null, addresses),
    });
    const [thrown] = (await once(socket, 'error').catch((error: unknown) => [error])) as unknown[];
    assert.ok(thrown instanceof AggregateError);
    assert.equal(
      reasonOf(thrown),
      `connect ECONNREFUSED 127.0.0.1:${port}, connect ECONNREFUSED 127.0.0.2:${port}`,
    );
  });

  it('is told once where all parts say the same', () => {
    const part = (message: string) => new Error(message);
    assert.equal(reasonOf(new AggregateError([part('no way'), part(''), part('no way')])), 'no way');
    assert.equal(reasonOf(new AggregateError([part('no way')], 'all failed')), 'all failed');
  });
});
