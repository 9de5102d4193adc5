import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Secret } from '../../../src/model/secret.ts';
import { createClient } from '../../../src/transport/create.ts';
import { int16, list, onRequests, text, versionsAnswer } from '../../support/broker-bytes.ts';
import { clientOptions } from '../../support/client-options.ts';

/**
 * Before Kafka 1.0 a login is bytes without a header, and no request of kafkajs. Where its connection ended on our side (`close`, an
 * answer that made no sense) nobody told it: whoever waited for the login waited for ever.
 */
it('a login of Kafka before 1.0 ends with its connection', async (t) => {
  const { promise: loggingIn, resolve } = Promise.withResolvers<undefined>();
  const offers = [
    [0, 0, 3],
    [3, 0, 4],
    [17, 0, 0],
    [18, 0, 1],
  ] as const;
  const server = createServer((socket) => {
    t.after(() => socket.destroy());
    onRequests(socket, ({ key, version, reply }) => {
      if (key === 18) reply(versionsAnswer(version, offers));
      else if (key === 17) {
        reply(int16(0), list([text('PLAIN')]));
        socket.removeAllListeners('data').once('data', () => resolve(undefined));
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const client = await createClient('kafkajs', {
    ...clientOptions,
    brokers: [`127.0.0.1:${port}`],
    sasl: { mechanism: 'plain', username: 'shop', password: new Secret('hush') },
  });
  const connected = client.connect().then(
    () => 'connected',
    () => 'failed',
  );
  await loggingIn;
  await client.close();
  assert.equal(await Promise.race([connected, sleep(5000, 'still waiting')]), 'failed');
});
