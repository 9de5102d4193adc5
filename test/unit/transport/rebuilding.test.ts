import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Client } from '../../../src/transport/port.ts';
import { rebuilding } from '../../../src/transport/rebuilding.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import type { Outcome } from '../../../src/model/outcome.ts';

const lost: Outcome = { kind: 'unknown', error: new KafkaError('REQUEST_FAILED', 'silence') };
const stored: Outcome = { kind: 'stored' };
const slices = [{ topic: 't', partition: 0, records: [] }];

function rig() {
  const log: string[] = [];
  const script = { outcome: lost, hold: Promise.resolve(), asking: Promise.resolve(), pause: 10_000 };
  let now = 0;
  let made = 0;
  const create = (): Client => {
    const name = `client ${++made}`;
    return {
      limits: { maxRecordsPerSlice: 5 },
      connect: () => Promise.resolve(),
      async layout() {
        await script.asking;
        if (log.includes(`${name} closed`)) throw new KafkaError('DESTINATION_CLOSED', 'closed');
        return { leaders: [1] };
      },
      async initProducerId() {
        await script.asking;
        if (log.includes(`${name} closed`)) throw new KafkaError('DESTINATION_CLOSED', 'closed');
        return { producerId: 7n, producerEpoch: 0 };
      },
      async produce() {
        log.push(name);
        const { outcome } = script;
        await script.hold;
        return [outcome];
      },
      close() {
        log.push(`${name} closed`);
        return Promise.resolve();
      },
    };
  };
  const client = rebuilding(
    create,
    (error) => log.push(`rebuilt: ${error.message}`),
    () => now,
  );
  const produce = async (times: number) => {
    for (let time = 0; time < times; time += 1) {
      await client.produce(slices);
      now += script.pause;
    }
  };
  return { client, produce, log, script };
}

describe('rebuilding', () => {
  it('replaces a client that loses everything though the cluster answers', async () => {
    const { client, produce, log } = rig();
    await produce(1);
    await client.layout('t');
    await produce(4);
    assert.deepEqual(log.slice(5), ['client 1 closed', 'rebuilt: silence']);
    await produce(1);
    assert.equal(log.at(-1), 'client 2');
  });

  it('keeps it while nobody answers: the cluster is gone, not the client stuck', async () => {
    const { produce, log } = rig();
    await produce(20);
    assert.ok(log.every((line) => line === 'client 1'));
  });

  it('keeps it when anything is answered in between', async () => {
    const { client, produce, log, script } = rig();
    for (let round = 0; round < 3; round += 1) {
      script.outcome = lost;
      await produce(4);
      await client.layout('t');
      script.outcome = stored;
      await produce(1);
    }
    assert.ok(log.every((line) => line === 'client 1'));
  });

  it('keeps it while another request is out: its answer would be lost', async () => {
    const { client, produce, log, script } = rig();
    const held = Promise.withResolvers<void>();
    script.hold = held.promise;
    script.outcome = stored;
    const other = client.produce(slices);
    script.hold = Promise.resolve();
    script.outcome = lost;
    await produce(1);
    await client.layout('t');
    await produce(9);
    assert.ok(!log.includes('client 1 closed'));
    held.resolve();
    assert.deepEqual(await other, [stored]);
  });

  /** A leader was killed, the others waited for it: nine seconds of silence, and all was well by itself. */
  it('keeps it for the time that an election takes', async () => {
    const { client, produce, log, script } = rig();
    script.pause = 1_000;
    await produce(1);
    await client.layout('t');
    await produce(28);
    assert.ok(log.every((line) => line === 'client 1'));
  });

  /** Delivery took "closed" for the end of the destination and refused 153 events of the chaos, "The Kafka client is closed." */
  it('puts a question that was out to the new client', async () => {
    const { client, produce, log, script } = rig();
    await produce(1);
    await client.layout('t');
    const held = Promise.withResolvers<void>();
    script.asking = held.promise;
    const asked = client.layout('t');
    const registered = client.initProducerId();
    await produce(4);
    assert.ok(log.includes('client 1 closed'));
    held.resolve();
    assert.deepEqual(await asked, { leaders: [1] });
    assert.deepEqual(await registered, { producerId: 7n, producerEpoch: 0 });
  });

  it('makes no new one after close', async () => {
    const { client, produce, log } = rig();
    await produce(1);
    await client.layout('t');
    await client.close();
    await produce(10);
    assert.equal(log.filter((line) => line === 'client 1 closed').length, 1);
    assert.ok(!log.includes('client 2'));
  });
});
