import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createClient } from '../../../src/transport/create.ts';
import { clientOptions } from '../../support/client-options.ts';
import { moodyBroker } from '../../support/moody-broker.ts';

const record = { topic: 't', key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestamp: 0 };
const batch = { topic: 't', partition: 0, records: [record] };

/**
 * A quota is used up: the broker answers at once, and then does not read for so long. Requests were sent all the same, lay
 * unread until they timed out, and were stored twice: once by the broker after its pause, once on the next connection.
 */
describe('a broker that throttles', { concurrency: true }, () => {
  for (const kind of ['platformatic', 'kafkajs'] as const) {
    async function rig(t: TestContext, throttle: number, requestTimeout: number) {
      const broker = await moodyBroker(t);
      broker.moods.throttle = throttle;
      const options = { ...clientOptions, requestTimeout, brokers: [`127.0.0.1:${broker.port}`] };
      const client = await createClient(kind, options);
      t.after(() => client.close());
      return { broker, client };
    }

    it(`gets each record once, on the same connection, ${kind}`, async (t) => {
      const { broker, client } = await rig(t, 1_200, 600);
      const outcomes = [
        await client.produce([batch]),
        await client.produce([batch]),
        await client.produce([batch]),
      ];
      assert.deepEqual(outcomes.flat(), [{ kind: 'stored' }, { kind: 'stored' }, { kind: 'stored' }]);
      // One connection for questions, one for records.
      assert.deepEqual([broker.produced, broker.opened], [3, 2]);
    });

    it(`keeps nobody who closes, and what had to wait was not sent, ${kind}`, async (t) => {
      const { broker, client } = await rig(t, 600_000, 5_000);
      assert.deepEqual(await client.produce([batch]), [{ kind: 'stored' }]);
      const waiting = client.produce([batch]);
      await new Promise(setImmediate);
      await client.close();
      const [outcome] = await waiting;
      assert.equal(outcome?.kind, 'unreachable');
      assert.equal(broker.produced, 1);
    });
  }
});
