import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openOnce } from '../../../src/transport/open-once.ts';
import type { Client } from '../../../src/transport/port.ts';
import { KafkaError } from '../../../src/model/errors.ts';

/** A client whose connects are settled by the test. */
function scripted() {
  const connects: PromiseWithResolvers<void>[] = [];
  const calls: string[] = [];
  const inner: Client = {
    limits: { maxRecordsPerSlice: 7 },
    connect() {
      calls.push('connect');
      const connect = Promise.withResolvers<void>();
      connects.push(connect);
      return connect.promise;
    },
    layout(topic) {
      calls.push(`layout ${topic}`);
      return Promise.resolve({ leaders: [1] });
    },
    produce(slices) {
      calls.push('produce');
      return Promise.resolve(slices.map(() => ({ kind: 'stored' as const })));
    },
    initProducerId() {
      calls.push('initProducerId');
      return Promise.resolve({ producerId: 7n, producerEpoch: 0 });
    },
    close() {
      calls.push('close');
      return Promise.resolve();
    },
  };
  return { client: openOnce(inner), connects, calls };
}

const slices = [{ topic: 't', partition: 0, records: [] }];

describe('openOnce', () => {
  it('connects once for callers at the same time, and not again afterwards', async () => {
    const { client, connects, calls } = scripted();
    const all = Promise.all([
      client.connect(),
      client.layout('a'),
      client.produce(slices),
      client.initProducerId(),
    ]);
    connects[0]?.resolve();
    await all;
    await client.connect();
    assert.deepEqual(calls, ['connect', 'layout a', 'produce', 'initProducerId']);
  });

  it('forgets a failed connect: all who waited hear of it, the next tries again', async () => {
    const { client, connects, calls } = scripted();
    const failure = new KafkaError('BROKER_UNREACHABLE', 'gone');
    const connecting = [client.connect(), client.connect()];
    const producing = client.produce(slices);
    connects[0]?.reject(failure);
    for (const attempt of connecting) await assert.rejects(attempt, failure);
    assert.deepEqual(await producing, [{ kind: 'unreachable', error: failure }]);

    const again = client.connect();
    connects[1]?.resolve();
    await again;
    assert.deepEqual(calls, ['connect', 'connect']);
  });

  it('closes once, and fails everything afterwards', async () => {
    const { client, calls } = scripted();
    await Promise.all([client.close(), client.close()]);
    await assert.rejects(client.connect(), { code: 'DESTINATION_CLOSED' });
    await assert.rejects(client.layout('a'), { code: 'DESTINATION_CLOSED' });
    const [outcome] = await client.produce(slices);
    assert.ok(outcome?.kind === 'rejected' && outcome.error.code === 'DESTINATION_CLOSED');
    assert.deepEqual(calls, ['close']);
  });

  it('lets nobody through who was waiting for the connection when it was closed', async () => {
    const { client, connects, calls } = scripted();
    const layout = client.layout('a');
    await client.close();
    connects[0]?.resolve();
    await assert.rejects(layout, { code: 'DESTINATION_CLOSED' });
    assert.deepEqual(calls, ['connect', 'close']);
  });

  it('passes the limits on', () => {
    assert.deepEqual(scripted().client.limits, { maxRecordsPerSlice: 7 });
  });
});
