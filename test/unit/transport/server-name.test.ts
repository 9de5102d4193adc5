import assert from 'node:assert/strict';
import dns from 'node:dns';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createPlainServer, type AddressInfo } from 'node:net';
import { describe, it, mock, type TestContext } from 'node:test';
import { createServer } from 'node:tls';
import { createClient } from '../../../src/transport/create.ts';
import { Network } from '../../../src/cli/doctor/network.ts';
import { Registry } from '../../../src/schema/registry/registry.ts';
import { Secret } from '../../../src/model/secret.ts';
import { onRequests, versionsAnswer } from '../../support/broker-bytes.ts';
import { clientOptions } from '../../support/client-options.ts';

const pem = (name: string): string =>
  readFileSync(new URL(`../../contract/tls/${name}.pem`, import.meta.url), 'utf8');
const [cert, key] = [pem('certificate'), pem('key')];

/** Not every machine's resolver knows this name with a dot, as DNS would. */
mock.method(dns, 'lookup', (host: string, options: dns.LookupOptions, done: LookupDone) => {
  const address = { address: '127.0.0.1', family: 4 };
  process.nextTick(() => {
    if (!/^(localhost\.?|127\.0\.0\.1)$/.test(host)) done(new Error(`nobody looks for ${host}`));
    else if (options.all === true) done(null, [address]);
    else done(null, address.address, address.family);
  });
});

type LookupDone = (error: Error | null, address?: string | object[], family?: number) => void;

/** A TLS listener that notes the names it is asked for, false for none, and hangs up when TLS stands. */
async function listener(t: TestContext): Promise<{ port: number; names: (string | false)[] }> {
  const names: (string | false)[] = [];
  const options = {
    cert,
    key,
    // Also of a client that then refuses the certificate.
    SNICallback(name: string, done: (error: null) => void) {
      names.push(name);
      done(null);
    },
  };
  const server = createServer(options, (socket) => {
    if (names.length === 0 || socket.servername === false) names.push(false);
    socket.on('error', () => undefined).destroy();
  }).listen(0, '127.0.0.1');
  server.on('tlsClientError', () => undefined);
  t.after(() => server.close());
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, names };
}

describe('the server name of a TLS connection', () => {
  for (const kind of ['platformatic', 'kafkajs'] as const) {
    async function namesFor(t: TestContext, ...hosts: string[]): Promise<(string | false)[]> {
      const { port, names } = await listener(t);
      const brokers = hosts.map((host) => `${host}:${port}`);
      const tls = new Secret({ ca: cert });
      const client = await createClient(kind, { ...clientOptions, brokers, tls });
      await assert.rejects(client.connect());
      await client.close();
      return [...new Set(names)].sort();
    }

    /** Redpanda's Helm chart advertises such names: SNI had the dot, and the listener refused the handshake. */
    it(`has no dot at its end, ${kind}`, async (t) => {
      assert.deepEqual(await namesFor(t, 'localhost.'), ['localhost']);
    });

    /** One name in the list gave every address its host as server name, IP addresses too, and a list of these gave none. */
    it(`is that of the address that is dialled, and no IP address, ${kind}`, async (t) => {
      assert.deepEqual(await namesFor(t, '127.0.0.1', 'localhost'), [false, 'localhost']);
      assert.deepEqual(await namesFor(t, '127.0.0.1'), [false]);
    });
  }

  it("has no dot at its end, the doctor's look", async (t) => {
    const { port, names } = await listener(t);
    const network = new Network(5_000, new Secret({ ca: cert }));
    const { refusal } = await network.handshake(`localhost.:${port}`);
    assert.deepEqual([names, refusal], [['localhost'], undefined]);
  });

  for (const tls of [new Secret({ ca: cert }), undefined]) {
    it(`has no dot at its end, a registry ${tls ? 'with' : 'without'} ssl`, async (t) => {
      const { port, names } = await listener(t);
      const url = `https://localhost.:${port}`;
      const registry = new Registry({
        urls: [url],
        auth: undefined,
        tls,
        timeout: 5_000,
        retries: 0,
        setting: 'x',
      });
      await assert.rejects(registry.latest('orders'));
      assert.deepEqual(names, ['localhost']);
    });
  }
});

describe('the first question to a cluster', () => {
  /** kafkajs wrote an empty list as null: all topics of the cluster came with each first connection. */
  for (const kind of ['platformatic', 'kafkajs'] as const) {
    it(`is about no topic, ${kind}`, async (t) => {
      const asked: number[] = [];
      const server = createPlainServer((socket) =>
        onRequests(socket, ({ key: api, version, body, reply }) => {
          if (api === 18)
            return reply(
              versionsAnswer(version, [
                [0, 0, 7],
                [3, 0, 7],
                [18, 0, 1],
              ]),
            );
          if (api === 3) asked.push(body.readInt32BE(0));
          socket.destroy();
        }),
      ).listen(0, '127.0.0.1');
      t.after(() => server.close());
      await once(server, 'listening');
      const brokers = [`127.0.0.1:${(server.address() as AddressInfo).port}`];
      const client = await createClient(kind, { ...clientOptions, brokers });
      await assert.rejects(client.connect());
      await client.close();
      assert.ok(asked.length > 0);
      assert.deepEqual([...new Set(asked)], [0]);
    });
  }
});
