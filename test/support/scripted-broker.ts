import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { int16, int32, list, onRequests, text, versionsAnswer } from './broker-bytes.ts';

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
 * @param tls undefined: a plain listener
 * @param refusal what it says of a login that it does not take; undefined: it takes any
 */
export async function scriptedBroker(
  mechanism: string | undefined,
  tls?: TlsOptions,
  refusal?: (login: Buffer) => string,
): Promise<ScriptedBroker> {
  const mechanisms: string[] = [];
  const logins: Buffer[] = [];
  const offers = [
    [0, 0, 7],
    [3, 0, 5],
    [17, 0, 1],
    [18, 0, 1],
    [36, 0, 0],
  ] as const;

  const serve = (socket: Socket): void =>
    onRequests(socket, ({ key, version, body, reply }) => {
      if (key === 18) reply(versionsAnswer(version, offers));
      else if (key === 17) {
        mechanisms.push(body.subarray(2).toString());
        if (mechanism === undefined) reply(int16(34), list([]));
        else reply(int16(0), list([text(mechanism)]));
      } else if (key === 36) {
        logins.push(body.subarray(4));
        if (refusal === undefined) reply(int16(0), text(null), int32(0));
        else reply(int16(58), text(refusal(body.subarray(4))), int32(0));
      } else socket.destroy();
    });
  const server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    mechanisms,
    logins,
    close: () => void server.close(),
  };
}
