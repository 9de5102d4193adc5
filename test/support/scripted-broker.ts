import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface ScriptedBroker {
  readonly address: string;
  /** The mechanisms that clients asked for. */
  readonly mechanisms: string[];
  /** What they sent to log in. */
  readonly logins: Buffer[];
  close(): void;
}

/**
 * A broker that goes as far as a login and takes any, for a mechanism whose server side nobody distributes: ApiVersions
 * (0 and 1), SaslHandshake (1), SaslAuthenticate (0); everything else ends the connection.
 * @param mechanism undefined: a listener without SASL, which answers a login with ILLEGAL_SASL_STATE
 */
export async function scriptedBroker(mechanism: string | undefined): Promise<ScriptedBroker> {
  const mechanisms: string[] = [];
  const logins: Buffer[] = [];

  function answer(socket: Socket, request: Buffer): void {
    const [key, correlation] = [request.readInt16BE(0), request.readInt32BE(4)];
    const body = request.subarray(10 + Math.max(0, request.readInt16BE(8)));
    const reply = (...parts: Buffer[]): void => {
      const content = Buffer.concat([int32(correlation), ...parts]);
      socket.write(Buffer.concat([int32(content.length), content]));
    };
    if (key === 18) {
      const apis = [
        [0, 7],
        [3, 5],
        [17, 1],
        [18, 1],
        [36, 0],
      ];
      const offers = apis.map(([api = 0, newest = 0]) =>
        Buffer.concat([int16(api), int16(0), int16(newest)]),
      );
      const version = request.readInt16BE(2);
      const throttle = version === 1 ? [int32(0)] : [];
      reply(int16(version > 1 ? 35 : 0), int32(offers.length), ...offers, ...throttle);
    } else if (key === 17) {
      mechanisms.push(body.subarray(2).toString());
      if (mechanism === undefined) reply(int16(34), int32(0));
      else reply(int16(0), int32(1), text(mechanism));
    } else if (key === 36) {
      logins.push(body.subarray(4));
      reply(int16(0), int16(-1), int32(0));
    } else socket.destroy();
  }

  const server = createServer((socket) => {
    let waiting = Buffer.alloc(0);
    socket
      .on('error', () => undefined)
      .on('data', (bytes: Buffer) => {
        waiting = Buffer.concat([waiting, bytes]);
        while (waiting.length >= 4 && waiting.length >= 4 + waiting.readInt32BE(0)) {
          const end = 4 + waiting.readInt32BE(0);
          answer(socket, waiting.subarray(4, end));
          waiting = waiting.subarray(end);
        }
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    mechanisms,
    logins,
    close: () => void server.close(),
  };
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
}
