import { createServer, connect, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';

/** What becomes of the broker's answers to Produce requests. The requests themselves always arrive. */
export type Meddling = 'none' | 'swallow' | 'reset';

export interface Meddler {
  /** `host:port`, for clients. */
  readonly address: string;
  meddling: Meddling;
  /** Connections that clients opened, ever; and those open now. */
  readonly opened: number;
  readonly open: number;
  close(): void;
}

const produceKey = 0;

/**
 * A TCP proxy before one broker. Clients stay on it, because it puts its own port into the broker's answers wherever the
 * broker names itself: Metadata has the port right behind the host, in all versions.
 */
export async function meddle(broker: string): Promise<Meddler> {
  const [host = '', port = ''] = broker.split(':');
  const clients = new Set<Socket>();
  const state = { meddling: 'none' as Meddling, opened: 0 };

  const server: Server = createServer((client) => {
    state.opened += 1;
    clients.add(client);
    const upstream = connect(Number(port), host);
    let produced = false;
    client.on('data', (chunk) => {
      // A request begins a chunk: clients write each with one call, and wait for the answer.
      produced ||= chunk.length > 6 && chunk.readInt16BE(4) === produceKey;
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (!produced || state.meddling === 'none')
        client.write(renamed(chunk, host, Number(port), ownPort(server)));
      else if (state.meddling === 'reset') client.resetAndDestroy();
    });
    client.on('close', () => {
      clients.delete(client);
      upstream.destroy();
    });
    upstream.on('close', () => client.destroy());
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const meddler = {
    address: `127.0.0.1:${ownPort(server)}`,
    get meddling() {
      return state.meddling;
    },
    set meddling(meddling) {
      state.meddling = meddling;
    },
    get opened() {
      return state.opened;
    },
    get open() {
      return clients.size;
    },
    close() {
      server.close();
      for (const client of clients) client.destroy();
    },
  };
  after(() => meddler.close());
  return meddler;
}

function ownPort(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function renamed(chunk: Buffer, host: string, from: number, to: number): Buffer {
  const name = Buffer.from(host);
  const port = Buffer.alloc(4);
  port.writeInt32BE(from);
  const wanted = Buffer.concat([name, port]);
  const result = Buffer.from(chunk);
  for (let at = result.indexOf(wanted); at >= 0; at = result.indexOf(wanted, at + 1)) {
    result.writeInt32BE(to, at + name.length);
  }
  return result;
}
