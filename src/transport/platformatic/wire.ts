import type { Connection, ConnectionOptions } from '@platformatic/kafka';
import {
  answerWithin,
  rawMetadata,
  negotiate,
  type Apis,
  type Library,
  type MetadataResponse,
} from './apis.ts';
import { PlatformaticLink } from './link.ts';
import type { ClientOptions } from '../port.ts';
import { credentialsAtHand } from '../security/login.ts';
import { checkCertificates } from '../security/tls.ts';
import { guardedConnection } from './guarded.ts';
import { platformaticLogin } from './login.ts';
import { isOver, ready } from './ready.ts';
import { clientClosed } from '../errors/messages.ts';
import { loadLibrary } from './library.ts';
import { connectOptions } from '../tls/connect-options.ts';
import { serverNameOf } from '../tls/server-name.ts';
import { addressOf, type Address } from '../../model/address.ts';
import { saneMetadata } from '../metadata.ts';
import { ClusterIdentity } from '../cluster-identity.ts';
import { askTimeout, type Link, type Purpose, type Wire } from '../wire.ts';
import { WireAdmin } from '../wire-admin.ts';
import { WireClient, type CreateWireClient } from '../wire-client.ts';

/**
 * Loads @platformatic/kafka and makes clients on its request layer. Its producer is not used: it hides what became of a
 * partition in trees of errors, and counts sequence numbers per send, not per partition.
 */
export async function loadPlatformatic(): Promise<CreateWireClient> {
  const library = await loadLibrary();
  return (options, codec) => new WireClient(new PlatformaticWire(library, options), options, codec);
}

export async function loadPlatformaticAdmin(): Promise<(options: ClientOptions) => WireAdmin> {
  const library = await loadLibrary();
  return (options) => new WireAdmin(new PlatformaticWire(library, options), options);
}

/** One connection, and the requests that its broker speaks. */
export interface Place {
  readonly connection: Connection;
  readonly apis: Apis;
}

/** A connection, and the opening that all who come meanwhile share. It brings what the broker at its end speaks. */
interface Opened {
  readonly connection: Connection;
  readonly opening: Promise<Apis>;
}

/**
 * Connections of @platformatic/kafka, by purpose. Not in its pool, which forgets by address: a connection whose second
 * login was refused closes when the next one stands in its place, and that was open for ever, in nobody's hands.
 */
export class PlatformaticWire implements Wire {
  readonly #library: Library;
  readonly #Connection: Library['Connection'];
  readonly #identity = new ClusterIdentity();
  readonly #options: ClientOptions;
  readonly #settings: Readonly<Record<Purpose, ConnectionOptions>>;
  readonly #opened = new Map<string, Opened>();
  readonly #links = new WeakMap<Connection, PlatformaticLink>();
  /** Why the latest connection to a broker ended: to those who wait on it the library says "Connection closed". */
  readonly #reasons = new Map<string, unknown>();
  #closed = false;

  constructor(library: Library, options: ClientOptions) {
    this.#library = library;
    this.#Connection = guardedConnection(library);
    this.#options = options;
    this.#settings = {
      ask: this.#settingsWith(askTimeout(options)),
      produce: this.#settingsWith(options.requestTimeout),
    };
  }

  async open(address: Address, purpose: Purpose): Promise<Link> {
    const { connection, apis } = await this.connect(address, purpose);
    const link =
      this.#links.get(connection) ?? new PlatformaticLink(this.#library, this.#options, connection, apis);
    this.#links.set(connection, link);
    return link;
  }

  /** The library's own connection, for requests that `Link` does not have. */
  async connect(broker: Address, purpose: Purpose): Promise<Place> {
    const key = keyOf(broker, purpose);
    if (this.#current(key) === undefined) {
      await credentialsAtHand(this.#options.sasl);
      checkCertificates(this.#options);
    }
    try {
      const place = await this.#ready(broker, purpose);
      await this.#identity.verify(place.connection, broker, () => clusterIdAt(place));
      return place;
    } catch (failure) {
      const reason = this.#reasons.get(key);
      throw reason === undefined ? failure : new AggregateError([failure, reason]);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#opened.values()].map(({ connection }) => destroy(connection)));
  }

  #current(key: string): Opened | undefined {
    const opened = this.#opened.get(key);
    return opened === undefined || isOver(opened.connection) ? undefined : opened;
  }

  async #ready(broker: Address, purpose: Purpose): Promise<Place> {
    const opened = this.#current(keyOf(broker, purpose));
    if (opened === undefined) return this.#connect(broker, purpose);
    const apis = await opened.opening;
    await ready(opened.connection);
    return { connection: opened.connection, apis };
  }

  async #connect(broker: Address, purpose: Purpose): Promise<Place> {
    // A question that close cut off goes on to the next broker: nobody would close what it opened.
    if (this.#closed) throw clientClosed();
    const key = keyOf(broker, purpose);
    const clientId = withoutSpaces(this.#options.clientId);
    const connection = new this.#Connection(clientId, {
      ...this.#settings[purpose],
      ...this.#serverName(broker),
    });
    this.#watch(connection, key);
    const opening = this.#open(connection, broker);
    this.#opened.set(key, { connection, opening });
    return { connection, apis: await opening };
  }

  /** Asks each connection what its broker speaks: brokers are upgraded and rolled back one by one. */
  async #open(connection: Connection, { host, port }: Address): Promise<Apis> {
    try {
      await connection.connect(host, port);
      return await negotiate(this.#library, connection);
    } catch (failure) {
      // Of no use to those who come later. One that was not established in time would say "connecting" for ever.
      void destroy(connection);
      throw failure;
    }
  }

  #settingsWith(requestTimeout: number): ConnectionOptions {
    const { connectTimeout, tls, sasl } = this.#options;
    const security = tls && { tls: connectOptions(tls.reveal()) };
    return {
      connectTimeout,
      requestTimeout,
      ...security,
      ...(sasl && { sasl: platformaticLogin(this.#library, sasl) }),
    };
  }

  /** The library sends none of itself, and proxies in front of brokers go by it. */
  #serverName({ host }: Address): Pick<ConnectionOptions, 'tlsServerName'> {
    const { tls } = this.#options;
    const name = tls && (tls.reveal().servername ?? serverNameOf(host));
    return name === undefined ? {} : { tlsServerName: name };
  }

  #watch(connection: Connection, key: string): void {
    this.#reasons.delete(key);
    const remember = (reason: unknown): void => {
      if (!this.#reasons.has(key)) this.#reasons.set(key, reason);
    };
    const forget = (): void => {
      if (this.#opened.get(key)?.connection === connection) this.#opened.delete(key);
    };
    // Refused credentials and then a reset are two 'error's on one connection. An 'error' that nobody hears ends the
    // process.
    connection.on('error', (reason) => {
      remember(reason);
      forget();
      // The library says farewell where a login was refused, and a frozen broker never reads it.
      connection.socket?.destroy();
    });
    // The library forgets the timer of the next login when the broker hangs up: it would keep the process from ending,
    // and then log in on a socket that is gone.
    connection.once('close', () => {
      forget();
      void connection.close();
    });
  }
}

async function clusterIdAt({ connection, apis }: Place): Promise<string | undefined> {
  const answer = await apis.metadata
    .async(connection, [], false)
    .catch((failure: unknown) => answerWithin<MetadataResponse>(failure));
  return saneMetadata(undefined, rawMetadata(answer)).clusterId;
}

async function destroy(connection: Connection): Promise<void> {
  // The library would wait for a second 'close' of the socket.
  const isClosed = connection.socket?.closed === true;
  const closed = connection.close();
  connection.socket?.destroy();
  if (!isClosed) await closed;
}

function keyOf(broker: Address, purpose: Purpose): string {
  return `${purpose} ${addressOf(broker)}`;
}

/** The library refuses white space, which Kafka allows. */
function withoutSpaces(clientId: string): string {
  return clientId.trim().replace(/\s+/g, '-') || 'walkeros';
}
