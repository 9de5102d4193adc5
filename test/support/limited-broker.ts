import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { after } from 'node:test';
import { int32, onMessages, versionsAnswer, type Offer } from './broker-bytes.ts';

export interface LimitedBroker {
  readonly address: string;
  /** What it says it speaks: number of the request, first and last version. */
  offers: readonly Offer[];
  /** The requests that it got, as `key v version`, each once, in their order. */
  readonly asked: ReadonlySet<string>;
  /** Requests that it does not speak. It hung up on each, as Kafka does. */
  readonly refused: readonly string[];
  /** Ends all connections, as a broker does that is stopped. */
  hangUp(): void;
}

const metadata = 3;
const apiVersions = 18;

/**
 * A real broker behind a door that speaks less: ApiVersions is answered here, and a request beyond that answer ends its
 * connection. Metadata names `advertised` in place of the broker: this door where it is absent.
 */
export async function limitedBroker(
  broker: string,
  offers: readonly Offer[],
  advertised?: () => LimitedBroker,
): Promise<LimitedBroker> {
  const [host = '', port = ''] = broker.split(':');
  const asked = new Set<string>();
  const refused: string[] = [];
  const sockets = new Set<Socket>();

  const server = createServer((client) => {
    const upstream = connect(Number(port), host);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    const metadataAsked = new Set<number>();
    onMessages(client, (message) => {
      const [key, version, id] = [message.readInt16BE(0), message.readInt16BE(2), message.readInt32BE(4)];
      asked.add(`${key} v${version}`);
      if (key === apiVersions) {
        client.write(sized(message.subarray(4, 8), versionsAnswer(version, limited.offers)));
        return;
      }
      if (
        !limited.offers.some(
          ([offered, first, last]) => offered === key && version >= first && version <= last,
        )
      ) {
        refused.push(`${key} v${version}`);
        client.destroy();
        return;
      }
      if (key === metadata) metadataAsked.add(id);
      upstream.write(sized(message));
    });
    onMessages(upstream, (message) => {
      const named = metadataAsked.delete(message.readInt32BE(0))
        ? renamed(message, host, Number(port), Number((advertised?.() ?? limited).address.split(':')[1]))
        : message;
      client.write(sized(named));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });

  const limited: LimitedBroker = {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    offers,
    asked,
    refused,
    hangUp() {
      for (const socket of sockets) socket.destroy();
    },
  };
  return limited;
}

function sized(...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([int32(content.length), content]);
}

/** Metadata has a broker's port right behind its host, in all versions. */
function renamed(message: Buffer, host: string, from: number, to: number): Buffer {
  const wanted = Buffer.concat([Buffer.from(host), int32(from)]);
  const result = Buffer.from(message);
  for (let at = result.indexOf(wanted); at >= 0; at = result.indexOf(wanted, at + 1))
    result.writeInt32BE(to, at + host.length);
  return result;
}
