import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { Secret } from '../../../../src/model/secret.ts';
import { createClient } from '../../../../src/transport/create.ts';
import { int16, int32, list, onRequests, text, versionsAnswer } from '../../../support/broker-bytes.ts';
import { clientOptions } from '../../../support/client-options.ts';

/** A broker that asks for so many iterations of SCRAM. Ends with the test. */
async function askingFor(iterations: string, t: TestContext): Promise<string> {
  const offers = [
    [0, 0, 7],
    [3, 0, 5],
    [17, 0, 1],
    [18, 0, 1],
    [36, 0, 0],
  ] as const;
  const server = createServer((socket) => {
    t.after(() => socket.destroy());
    onRequests(socket, ({ key, version, body, reply }) => {
      if (key === 18) reply(versionsAnswer(version, offers));
      else if (key === 17) reply(int16(0), list([text('SCRAM-SHA-256'), text('SCRAM-SHA-512')]));
      else if (key === 36) {
        const nonce = /,r=([^,]*)/.exec(body.toString('latin1'))?.[1] ?? '';
        const first = Buffer.from(`r=${nonce}1,s=c2FsdA==,i=${iterations}`);
        reply(int16(0), text(null), int32(first.length), first);
      } else socket.destroy();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/**
 * The broker says how often the password is hashed. Of one that said 20,000,000, and of whoever stands in its place, both
 * clients believed it: a thread of the pool hashed for minutes after the connection had timed out, and the process could not end.
 */
describe('SCRAM refuses numbers of iterations that no cluster asks for', () => {
  for (const kind of ['platformatic', 'kafkajs'] as const)
    for (const mechanism of ['scram-sha-256', 'scram-sha-512'] as const)
      for (const [iterations, told] of [
        ['20000000', /asks for 20000000 iterations of SCRAM; 4096 to 1000000 are taken/],
        ['4095', /4095/],
        ['many', /NaN/],
      ] as const)
        it(`${iterations}, ${mechanism}, ${kind}`, async (t) => {
          const client = await createClient(kind, {
            ...clientOptions,
            brokers: [await askingFor(iterations, t)],
            sasl: { mechanism, username: 'shop', password: new Secret('hush') },
          });
          t.after(() => client.close());
          await assert.rejects(client.connect(), { code: 'AUTHENTICATION_FAILED', message: told });
        });
});
