import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createClient } from '../../../src/transport/create.ts';
import type { PartitionBatch } from '../../../src/transport/port.ts';
import { clientOptions } from '../../support/client-options.ts';
import { eventually } from '../../support/eventually.ts';
import { moodyBroker, type MoodyBroker } from '../../support/moody-broker.ts';

function batchOf(bytes: number): PartitionBatch {
  const value = Buffer.alloc(bytes, 'v');
  return {
    topic: 't',
    partition: 0,
    records: [{ topic: 't', key: Buffer.from('k'), value, headers: {}, timestamp: 0 }],
  };
}

/**
 * More than the kernel takes on both ends of a connection: the sending end grows to 4 MiB, and the other one only as
 * somebody reads.
 */
const large = batchOf(12 * 1024 * 1024);

describe('acks 0', () => {
  for (const kind of ['platformatic', 'kafkajs'] as const) {
    async function connected(t: TestContext, { port }: MoodyBroker, requestTimeout = 5_000) {
      const options = { ...clientOptions, acks: 0 as const, requestTimeout, brokers: [`127.0.0.1:${port}`] };
      const client = await createClient(kind, options);
      t.after(() => client.close());
      await client.metadata('t');
      return client;
    }

    // "Stored" was told when Node had the request: closing threw away what it had not sent yet, to a healthy broker.
    it(`what was told as stored outlives the client, ${kind}`, async (t) => {
      const broker = await moodyBroker(t);
      const client = await connected(t, broker);
      assert.deepEqual(await client.produce([large]), [{ kind: 'stored' }]);
      await client.close();
      await eventually('it arrives', () => broker.produced === 1);
    });

    // And behind a frozen broker Node's memory filled up without end, for every request was told as stored at once.
    it(`what a frozen broker does not take is not stored: the fate is unknown, ${kind}`, async (t) => {
      const broker = await moodyBroker(t);
      const client = await connected(t, broker, 300);
      assert.deepEqual(await client.produce([batchOf(1)]), [{ kind: 'stored' }]);
      broker.moods.frozen = true;
      const [outcome] = await client.produce([large]);
      assert.ok(outcome?.kind === 'unknown');
      assert.equal(outcome.error.mayHaveBeenWritten, true);
    });

    it(`what is still being handed over at close has an unknown fate, ${kind}`, async (t) => {
      const broker = await moodyBroker(t);
      const client = await connected(t, broker);
      assert.deepEqual(await client.produce([batchOf(1)]), [{ kind: 'stored' }]);
      broker.moods.frozen = true;
      const sending = client.produce([large]);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await client.close();
      assert.equal((await sending)[0]?.kind, 'unknown');
    });

    // A broker that leads no more can only hang up. Its connection was opened anew, and all was lost until somebody
    // asked for another reason, up to half a minute later.
    it(`a leader that hangs up is asked about before anything more is sent, ${kind}`, async (t) => {
      const [old, next] = [await moodyBroker(t), await moodyBroker(t)];
      for (const broker of [old, next]) broker.ports = [old.port, next.port];
      const client = await connected(t, old);
      assert.deepEqual(await client.produce([batchOf(1)]), [{ kind: 'stored' }]);
      await eventually('it has it', () => old.produced === 1);
      old.moods.deposed = true;
      for (const broker of [old, next]) broker.moods.leader = 2;
      await client.produce([batchOf(1)]);
      // By then the client has seen it.
      await eventually('it has hung up', () => old.turnedAway === 1 && old.open === 1);
      await new Promise((resolve) => setTimeout(resolve, 50));
      for (let sent = 0; sent < 3; sent++) await client.produce([batchOf(1)]);
      await eventually('the new leader has the others', () => next.produced === 3);
      assert.equal(old.turnedAway, 1);
    });
  }
});
