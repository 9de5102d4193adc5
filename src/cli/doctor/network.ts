import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type PeerCertificate } from 'node:tls';
import { parseAddress } from '../../model/cluster.ts';
import { memo } from '../../model/memo.ts';
import type { Secret } from '../../model/secret.ts';
import { connectOptions, serverNameOf } from '../../transport/tls/options.ts';

/** What a TLS handshake showed. `refusal`: why the certificate does not hold, as Node says it; undefined if it does. */
export interface Handshake {
  readonly refusal: string | undefined;
  readonly certificate: PeerCertificate;
}

/** The server took the connection, and said nothing until our time-out. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/**
 * The layers under Kafka, tried one by one, so that a fault shows in the lowest one. Each is tried once for each address, and a host is
 * looked up once.
 * Rejects with the errors of the operating system and of OpenSSL, or with NoAnswer.
 */
export class Network {
  readonly #timeout: number;
  readonly #tls: Secret<ConnectionOptions> | undefined;

  constructor(timeout: number, tls: Secret<ConnectionOptions> | undefined) {
    this.#timeout = timeout;
    this.#tls = tls;
  }

  /** The addresses of a host, as sockets find them. */
  async resolve(address: string): Promise<readonly string[]> {
    return this.#addressesOf(parseAddress(address).host);
  }

  readonly #addressesOf = memo(async (host: string): Promise<readonly string[]> => {
    if (isIP(host) !== 0) return [host];
    return (await lookup(host, { all: true })).map((found) => found.address);
  });

  readonly connect = memo(async (address: string): Promise<void> =>
    this.#open(connect(parseAddress(address)), 'connect', () => undefined),
  );

  readonly handshake = memo(async (address: string): Promise<Handshake> => {
    const { host, port } = parseAddress(address);
    // Only an accepted certificate can be looked at: nothing is sent, and nothing received is read.
    const options = {
      host,
      port,
      servername: serverNameOf(host),
      ...connectOptions(this.#tls?.reveal() ?? {}),
      rejectUnauthorized: false,
    };
    const socket = connectTls(options);
    return this.#open(socket, 'secureConnect', () => ({
      // Declared as an Error; in fact its code, or its message if it has no code.
      refusal: socket.authorized ? undefined : String(socket.authorizationError),
      certificate: socket.getPeerCertificate(),
    }));
  });

  #open<Answer>(socket: Socket, ready: string, answer: () => Answer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      socket.setTimeout(this.#timeout, () =>
        socket.destroy(new NoAnswer(`no answer within ${this.#timeout} ms`)),
      );
      socket.once('error', reject);
      socket.once(ready, () => {
        resolve(answer());
        socket.destroy();
      });
    });
  }
}
