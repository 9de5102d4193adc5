import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../../../src/transport/create.ts';
import { clientOptions } from '../../support/client-options.ts';
import { int32, onMessages } from '../../support/broker-bytes.ts';
import { eventually } from '../../support/eventually.ts';
import { goodAnswer } from '../../fuzz/support/good-answers.ts';

/** Until after the time-out, before anything that came over the network is looked at. */
async function staysBusy(): Promise<void> {
  // Promises are looked at first, and those of a connection that is opened are not many.
  for (let left = 100; left > 0; left--) await Promise.resolve();
  const until = performance.now() + 500;
  while (performance.now() < until);
}

/**
 * One connection was not established within `connectionTimeout`, because the process was busy or the network silent for a
 * moment. @platformatic/kafka's connection then stays "connecting" for ever. It was handed to whoever wanted this broker next, so
 * that the broker was unreachable until a restart, and `close` waited for the end of a socket that had ended.
 */
describe('a connection that is established too late', () => {
  for (const kind of ['platformatic', 'kafkajs'] as const)
    it(`is replaced by the next one, and keeps nobody from closing, ${kind}`, async (t) => {
      const server = createServer((socket) => {
        t.after(() => socket.destroy());
        onMessages(
          socket.on('error', () => undefined),
          (message) => {
            const answer = goodAnswer(message.readInt16BE(0), message.readInt16BE(2), 'young', 9092);
            socket.write(Buffer.concat([int32(answer.length + 4), message.subarray(4, 8), answer]));
          },
        );
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.after(() => server.close());
      const { port } = server.address() as AddressInfo;
      const options = { ...clientOptions, brokers: [`127.0.0.1:${port}`], connectTimeout: 400 };
      const client = await createClient(kind, options);
      t.after(() => client.close());

      const late = assert.rejects(client.connect(), { code: 'BROKER_UNREACHABLE', message: /time(d )?out/i });
      await staysBusy();
      await late;
      await eventually('the broker is reached', () =>
        client.connect().then(
          () => true,
          () => false,
        ),
      );

      const other = await createClient(kind, options);
      const again = assert.rejects(other.connect(), { code: 'BROKER_UNREACHABLE' });
      await staysBusy();
      await again;
      const closed = other.close().then(() => 'closed');
      assert.equal(await Promise.race([closed, sleep(5000, 'still open')]), 'closed');
    });
});
