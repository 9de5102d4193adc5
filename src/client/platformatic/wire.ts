import type { Connection, ConnectionPool } from '@platformatic/kafka';
import { negotiate, type Apis, type Library } from './apis.ts';
import { PlatformaticLink } from './link.ts';
import type { ClientOptions } from '../port.ts';
import { credentialsAtHand } from '../security/login.ts';
import { checkCertificates, namesHosts } from '../security/tls.ts';
import { platformaticLogin } from './login.ts';
import { isTlsAlert } from '../errors/tls-alert.ts';
import { addressOf, type Address } from '../../vocabulary/address.ts';
import { askTimeout, type Link, type Purpose, type Wire } from '../wire/wire.ts';
import { WireAdmin } from '../wire/wire-admin.ts';
import { WireClient, type CreateWireClient } from '../wire/wire-client.ts';

/**
 * Loads @platformatic/kafka and makes clients on its request layer. Its producer is not used: it hides what became of a
 * partition in trees of errors, and counts sequence numbers per send, not per partition.
 */
export async function loadPlatformatic(): Promise<CreateWireClient> {
  const library = await import('@platformatic/kafka');
  return (options, codec, memory) =>
    new WireClient(new PlatformaticWire(library, options), options, codec, memory);
}

export async function loadPlatformaticAdmin(): Promise<(options: ClientOptions) => WireAdmin> {
  const library = await import('@platformatic/kafka');
  return (options) => new WireAdmin(new PlatformaticWire(library, options), options);
}

/** Connections of @platformatic/kafka, by purpose. */
export class PlatformaticWire implements Wire {
  readonly #library: Library;
  readonly #options: ClientOptions;
  readonly #pools: Readonly<Record<Purpose, ConnectionPool>>;
  /** Why the latest connection to a broker ended: to those who wait on it the library says "Connection closed". */
  readonly #reasons = new Map<string, unknown>();
  #apis: Apis | undefined;

  constructor(library: Library, options: ClientOptions) {
    this.#library = library;
    this.#options = options;
    this.#pools = {
      ask: this.#createPool('ask', askTimeout(options)),
      produce: this.#createPool('produce', options.requestTimeout),
    };
  }

  async open(address: Address, purpose: Purpose): Promise<Link> {
    const { connection, apis } = await this.connect(address, purpose);
    return new PlatformaticLink(this.#library, this.#options, connection, apis);
  }

  /** The library's own connection, for requests that `Link` does not have. */
  async connect(
    { host, port }: Address,
    purpose: Purpose,
  ): Promise<{ readonly connection: Connection; readonly apis: Apis }> {
    const pool = this.#pools[purpose];
    if (!pool.has({ host, port })) {
      await credentialsAtHand(this.#options.sasl);
      checkCertificates(this.#options);
    }
    try {
      const connection = await pool.get({ host, port });
      return { connection, apis: await this.#negotiated(connection) };
    } catch (failure) {
      const reason = this.#reasons.get(reasonKey(purpose, { host, port }));
      throw reason === undefined ? failure : new AggregateError([failure, reason]);
    }
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#pools).map(destroy));
  }

  #createPool(purpose: Purpose, requestTimeout: number): ConnectionPool {
    const { clientId, connectTimeout, brokers, tls, sasl } = this.#options;
    const security = tls && {
      tls: tls.reveal(),
      tlsServerName: tls.reveal().servername ?? namesHosts(brokers),
    };
    const pool = new this.#library.ConnectionPool(withoutSpaces(clientId), {
      connectTimeout,
      requestTimeout,
      ...security,
      ...(sasl && { sasl: platformaticLogin(this.#library, sasl) }),
    });
    // Refused credentials and then a reset are two 'error's on one connection. Nobody hears the second, and an 'error'
    // that nobody hears ends the process.
    pool.on('connecting', ({ broker, connection }) => this.#watch(connection, reasonKey(purpose, broker)));
    return pool;
  }

  #watch(connection: Connection, key: string): void {
    this.#reasons.delete(key);
    const remember = (reason: unknown): void => {
      if (!this.#reasons.has(key)) this.#reasons.set(key, reason);
    };
    connection.on('error', remember);
    // The library forgets the timer of the next login when the broker hangs up: it would keep the process from ending,
    // and then log in on a socket that is gone.
    connection.once('close', () => void connection.close());
    if (this.#options.tls !== undefined) return;
    // The library looks for this by itself, but forgets it where there is a login. It makes the socket after this event.
    process.nextTick(() => {
      connection.socket?.once('data', (bytes: Buffer) => {
        if (isTlsAlert(bytes)) remember(new Error('the broker requires TLS'));
      });
    });
  }

  /** Asked of each connection until one answers: waiting for the first one would be waiting for a frozen broker. */
  async #negotiated(connection: Connection): Promise<Apis> {
    this.#apis ??= await negotiate(this.#library, connection);
    return this.#apis;
  }
}

async function destroy(pool: ConnectionPool): Promise<void> {
  const connections = [...pool].map(([, connection]) => connection);
  const closed = pool.close();
  for (const { socket } of connections) socket?.destroy();
  await closed;
}

function reasonKey(purpose: Purpose, broker: Address): string {
  return `${purpose} ${addressOf(broker)}`;
}

/** The library refuses white space, which Kafka allows. */
function withoutSpaces(clientId: string): string {
  return clientId.trim().replace(/\s+/g, '-') || 'walkeros';
}
