import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaError } from '../../../src/model/errors.ts';
import { createClient, type ClientKind } from '../../../src/transport/create.ts';
import type { Client, ClientOptions } from '../../../src/transport/port.ts';
import { clientOptions } from '../../support/client-options.ts';
import { int32, onMessages } from '../../support/broker-bytes.ts';
import { eventually } from '../../support/eventually.ts';
import { goodAnswer } from '../../fuzz/support/good-answers.ts';

/** Until after the time-out, before anything that came over the network is looked at. */
async function staysBusy(turns: number): Promise<void> {
  // Promises are looked at first, and those of a connection that is opened are not many.
  for (let left = turns; left > 0; left--) await Promise.resolve();
  const until = performance.now() + 250;
  while (performance.now() < until);
}

/** A client that was not connected in time. On a busy machine the socket may be opened a little later: then once more. */
async function lateClient(t: TestContext, kind: ClientKind, options: ClientOptions): Promise<Client> {
  for (let turns = 100; ; turns *= 2) {
    const client = await createClient(kind, options);
    t.after(() => client.close());
    const connected = client.connect().then(
      () => undefined,
      (error: unknown) => error as KafkaError,
    );
    await staysBusy(turns);
    const error = await connected;
    if (error === undefined && turns < 1_000) continue;
    assert.equal(error?.code, 'BROKER_UNREACHABLE');
    assert.match(error.message, /time(d )?out/i);
    return client;
  }
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
      const options = { ...clientOptions, brokers: [`127.0.0.1:${port}`], connectTimeout: 200 };
      const client = await lateClient(t, kind, options);
      await eventually('the broker is reached', () =>
        client.connect().then(
          () => true,
          () => false,
        ),
      );

      const other = await lateClient(t, kind, options);
      const closed = other.close().then(() => 'closed');
      assert.equal(await Promise.race([closed, sleep(5000, 'still open')]), 'closed');
    });
});
