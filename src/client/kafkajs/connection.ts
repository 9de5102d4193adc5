import type { ISocketFactory } from 'kafkajs';
import type Broker from 'kafkajs/src/broker/index.js';
import type ConnectionPool from 'kafkajs/src/network/connectionPool.js';
import type { Connection, Exchange, Logger } from 'kafkajs/src/network/connectionPool.js';
import type * as protocol from 'kafkajs/src/protocol/requests/index.js';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ClientOptions } from '../port.ts';
import { kafkajsSecurity } from '../security/security.ts';
import { isTlsAlert } from '../errors/tls-alert.ts';
import type { Address } from '../wire/wire.ts';

export interface Internals {
  readonly Broker: typeof Broker;
  readonly ConnectionPool: typeof ConnectionPool;
  readonly requests: typeof protocol.requests;
}

export async function loadInternals(): Promise<Internals> {
  const [broker, connectionPool, { requests }] = await Promise.all([
    import('kafkajs/src/broker/index.js'),
    import('kafkajs/src/network/connectionPool.js'),
    import('kafkajs/src/protocol/requests/index.js'),
  ]);
  return { Broker: broker.default, ConnectionPool: connectionPool.default, requests };
}

/** One connection of kafkajs, with the life of its socket: when one ends, so does the other, and everything in flight. */
export class KafkajsConnection {
  readonly #pool: ConnectionPool;
  readonly #broker: Broker;
  readonly #onEnd: () => void;
  #socket: Socket | undefined;
  #opening: Promise<void> | undefined;
  #ended = false;

  constructor(
    { Broker, ConnectionPool }: Internals,
    options: ClientOptions,
    { host, port }: Address,
    requestTimeout: number,
    onEnd: () => void,
  ) {
    this.#onEnd = onEnd;
    this.#pool = new ConnectionPool({
      host,
      port,
      clientId: options.clientId,
      connectionTimeout: options.connectTimeout,
      requestTimeout,
      ...kafkajsSecurity(options),
      logger: silence,
      socketFactory: (wanted) => this.#createSocket(wanted),
      // A socket on which a request timed out is dead, or answers in an order that nobody expects any more.
      instrumentationEmitter: { emit: (event) => event === 'network.request_timeout' && this.destroy() },
    });
    for (const connection of this.#pool.pool) checkOnlyWhatIsPending(connection);
    this.#broker = new Broker({ connectionPool: this.#pool, logger: silence, versions: null });
  }

  /** Opens the connection; those who ask meanwhile share the opening. A failed connection is of no further use. */
  ready(): Promise<void> {
    this.#opening ??= this.#broker.connect().catch((failure: unknown) => {
      this.destroy();
      throw failure;
    });
    return this.#opening;
  }

  /** An answer as it came: kafkajs's own reading throws its first error, without saying which partition it is about. */
  exchange<Options, Answer>(
    apiKey: number,
    definition: protocol.Definition<Options, Answer>,
    options: Options,
  ): Promise<Answer> {
    const { request, response } = this.#broker.lookupRequest(apiKey, definition)(options);
    return this.send(request, (bytes) => response.decode(bytes));
  }

  /** A request that kafkajs does not know how to write. */
  send<Answer>(
    request: Exchange<Answer>['request'],
    decode: (bytes: Buffer) => Promise<Answer>,
  ): Promise<Answer> {
    // Or kafkajs would open another connection, which nobody would close.
    if (this.#ended) return Promise.reject(new Error('Not connected'));
    return this.#pool.send({ request, response: { decode, parse: (answer) => Promise.resolve(answer) } });
  }

  /** What the broker speaks, by the numbers of the requests, once the connection is ready. */
  get versions(): Broker['versions'] {
    return this.#broker.versions;
  }

  destroy(): void {
    this.#socket?.destroy();
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
    for (const connection of this.#pool.pool) {
      connection.rejectRequests(new Error('Connection closed'));
      void connection.disconnect();
    }
  }

  #createSocket({ host, port, ssl, onConnect }: Parameters<ISocketFactory>[0]): Socket {
    // RFC 6066 has no server names for addresses.
    const serverName = isIP(host) === 0 ? { servername: host } : {};
    const socket = ssl
      ? connectTls({ host, port, ...serverName, ...ssl }, onConnect)
      : connectPlain({ host, port }, onConnect);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    if (!ssl) socket.once('data', (chunk: Buffer) => refuseTls(socket, chunk));
    // Before kafkajs hears of it: with the next request it would open another socket on this connection, which the
    // 'close' of this one then ends in the middle of its TLS handshake.
    socket.once('end', () => this.destroy());
    // kafkajs listens to 'end' and 'error' only: a destroyed socket would leave its requests waiting for their time-out.
    socket.once('close', () => this.#end());
    this.#socket = socket;
    return socket;
  }
}

function refuseTls(socket: Socket, chunk: Buffer): void {
  if (isTlsAlert(chunk)) socket.destroy(new Error('the broker requires TLS'));
}

/**
 * kafkajs looks after throttled requests with a timer that sets itself again, with a negative delay when nothing is
 * throttled: a busy loop, and a TimeoutNegativeWarning of Node. Without pending requests there is nothing to look after.
 */
function checkOnlyWhatIsPending({ requestQueue }: Connection): void {
  const schedule = requestQueue.scheduleCheckPendingRequests.bind(requestQueue);
  requestQueue.scheduleCheckPendingRequests = () => {
    if (requestQueue.pending.length > 0) schedule();
  };
}

const silent = (): void => undefined;
/** What kafkajs would log is in the errors it throws. */
const silence: Logger = {
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
  namespace: () => silence,
};
