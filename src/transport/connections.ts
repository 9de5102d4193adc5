import { addressOf, type Address } from '../model/cluster.ts';
import { errorTraits } from '../model/errors.ts';
import type { Connection, Purpose, Transport } from './connection.ts';
import { connectionError } from './errors/connection-errors.ts';
import { clientClosed, wrongCluster } from './errors/messages.ts';
import type { ClientOptions } from './port.ts';
import { credentialsAtHand } from './security/login.ts';
import { checkCertificates } from './tls/options.ts';

/**
 * A broker that refused a login is left alone for this long, whoever asks for it: 15 logins a minute at most, however
 * many topics and pushes there are. Milliseconds.
 */
const loginBackoff = 4_000;
/**
 * One that could not be reached is not tried again within this: a producer that could not send to it asks at once who leads now, and
 * would often ask it. Below the producer's shortest backoff. Milliseconds.
 */
const reconnectBackoff = 50;

interface Opened<Library> {
  readonly connection: Library;
  /** That its broker belongs to the cluster; undefined where that is to be asked. */
  verified: Promise<void> | undefined;
}

interface BrokerState {
  reached: boolean;
  refused?: { readonly failure: unknown; readonly until: number };
}

/**
 * The connections of one client, by broker and purpose: opened when they are needed, shared by all who ask, replaced when they
 * have ended. It knows whether the client is closed.
 *
 * - No storms of logins that cannot succeed: clusters lock users out for that, and each costs the broker a TLS handshake and a
 *   password hash. A broker that is merely away may be tried again soon.
 * - Addresses outlive clusters, and a record in another one is lost: each new connection is asked for the id of its cluster before
 *   anything else is sent over it. The first that answers counts.
 */
export class Connections<Library extends Connection> implements Transport<Library> {
  readonly #connect: (broker: Address, purpose: Purpose) => Library;
  readonly #options: ClientOptions;
  readonly #now: () => number;
  readonly #opened = new Map<string, Opened<Library>>();
  readonly #brokers = new Map<string, BrokerState>();
  #clusterId: string | undefined;
  #closing: Promise<unknown> | undefined;

  /** @param connect makes a connection that `ready` opens */
  constructor(
    connect: (broker: Address, purpose: Purpose) => Library,
    options: ClientOptions,
    now: () => number = () => performance.now(),
  ) {
    this.#connect = connect;
    this.#options = options;
    this.#now = now;
  }

  async open(broker: Address, purpose: Purpose): Promise<Library> {
    const address = addressOf(broker);
    const state = this.#brokers.get(address) ?? { reached: false };
    this.#brokers.set(address, state);
    if (state.refused !== undefined && this.#now() < state.refused.until) throw state.refused.failure;
    try {
      const connection = await this.#ready(broker, purpose);
      state.reached = true;
      delete state.refused;
      return connection;
    } catch (failure) {
      const { code } = connectionError(failure, address, this.#options, state.reached);
      const { scope } = errorTraits(code);
      if (scope === 'connection') state.refused = { failure, until: this.#now() + loginBackoff };
      else if (scope === 'network') state.refused = { failure, until: this.#now() + reconnectBackoff };
      throw failure;
    }
  }

  async close(): Promise<void> {
    this.#closing ??= Promise.all([...this.#opened.values()].map(({ connection }) => connection.destroy()));
    await this.#closing;
  }

  async #ready(broker: Address, purpose: Purpose): Promise<Library> {
    const key = `${purpose} ${addressOf(broker)}`;
    if (this.#current(key) === undefined) {
      await credentialsAtHand(this.#options.sasl);
      checkCertificates(this.#options);
    }
    const opened = this.#current(key) ?? this.#create(key, broker, purpose);
    const { connection } = opened;
    try {
      await connection.ready();
      opened.verified ??= this.#verify(connection, broker).catch((failure: unknown) => {
        opened.verified = undefined;
        throw failure;
      });
      await opened.verified;
    } catch (failure) {
      throw connection.reason === undefined ? failure : new AggregateError([failure, connection.reason]);
    }
    return connection;
  }

  #current(key: string): Opened<Library> | undefined {
    const opened = this.#opened.get(key);
    return opened?.connection.isOpen ? opened : undefined;
  }

  #create(key: string, broker: Address, purpose: Purpose): Opened<Library> {
    // A question that close cut off goes on to the next broker: nobody would close what it opened.
    if (this.#closing !== undefined) throw clientClosed();
    for (const [ended, { connection }] of this.#opened) if (!connection.isOpen) this.#opened.delete(ended);
    const opened = { connection: this.#connect(broker, purpose), verified: undefined };
    this.#opened.set(key, opened);
    return opened;
  }

  async #verify(connection: Library, broker: Address): Promise<void> {
    const { clusterId } = await connection.metadata();
    // Some brokers tell none.
    if (clusterId === undefined) return;
    this.#clusterId ??= clusterId;
    if (clusterId !== this.#clusterId) throw wrongCluster(addressOf(broker), clusterId, this.#clusterId);
  }
}
