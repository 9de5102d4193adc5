import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createClient } from '../../../src/transport/create.ts';
import { Secret } from '../../../src/model/secret.ts';
import { clientOptions } from '../../support/client-options.ts';
import { eventually } from '../../support/eventually.ts';
import { moodyBroker } from '../../support/moody-broker.ts';

const record = { topic: 't', key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestamp: 0 };
const batch = { topic: 't', partition: 0, records: [record] };

for (const kind of ['platformatic', 'kafkajs'] as const) {
  // A token died before its successor came. The next connection stood in the place of the refused one when that closed,
  // and was forgotten with it: open, logging in again and again, it kept the process from ending.
  it(`a connection that follows a refused one is closed with the client, ${kind}`, async (t) => {
    const broker = await moodyBroker(t);
    // Brokers and clients allow one login a second.
    broker.moods.session = 1_300;
    broker.moods.login = (nth) => (nth === 0 ? 0 : 58);
    const client = await createClient(kind, {
      ...clientOptions,
      brokers: [`127.0.0.1:${broker.port}`],
      sasl: {
        mechanism: 'plain',
        credentials: () => Promise.resolve({ username: 'shop', password: new Secret('hush') }),
      },
    });
    await client.metadata('t');
    assert.deepEqual(await client.produce([batch]), [{ kind: 'stored' }]);
    await eventually('a second login is due, and is refused', async () => {
      // That one logs in only when there is something to send.
      if (kind === 'kafkajs') await client.produce([batch]);
      return broker.logins.includes(58);
    });
    broker.moods.login = () => 0;
    await eventually('records go through once more', async () => {
      const [outcome] = await client.produce([batch]);
      return outcome?.kind === 'stored';
    });
    const { opened } = broker;
    await eventually('the refused ones have closed', () => broker.open < opened);
    await client.close();
    await eventually('no connection is left', () => broker.open === 0);
  });
}
