import { KafkajsConnection } from './connection.ts';
import { loadInternals, type Internals } from './internals.ts';
import { KafkajsLink } from './link.ts';
import { clientClosed } from '../errors/messages.ts';
import type { ClientOptions } from '../port.ts';
import { addressOf, type Address } from '../../model/address.ts';
import { ClusterIdentity } from '../cluster-identity.ts';
import { askTimeout, type Link, type Purpose, type Wire } from '../wire.ts';
import { credentialsAtHand } from '../security/login.ts';
import { checkCertificates } from '../security/tls.ts';
import { WireAdmin } from '../wire-admin.ts';
import { WireClient, type CreateWireClient } from '../wire-client.ts';

/**
 * Loads kafkajs and makes clients on its connections and encoders. Its producer is not used: it fails all topics when one
 * is missing, does not say which partition an error is about, and leaves timed-out sockets in use.
 */
export async function loadKafkajs(): Promise<CreateWireClient> {
  const internals = await loadInternals();
  return (options, codec) => new WireClient(new KafkajsWire(internals, options), options, codec);
}

export async function loadKafkajsAdmin(): Promise<(options: ClientOptions) => WireAdmin> {
  const internals = await loadInternals();
  return (options) => new WireAdmin(new KafkajsWire(internals, options), options);
}

class KafkajsWire implements Wire {
  readonly #internals: Internals;
  readonly #identity = new ClusterIdentity();
  readonly #options: ClientOptions;
  readonly #connections = new Map<string, KafkajsConnection>();
  readonly #links = new WeakMap<KafkajsConnection, KafkajsLink>();
  #closed = false;

  constructor(internals: Internals, options: ClientOptions) {
    this.#internals = internals;
    this.#options = options;
  }

  async open(broker: Address, purpose: Purpose): Promise<Link> {
    if (!this.#connections.has(keyOf(broker, purpose))) {
      await credentialsAtHand(this.#options.sasl);
      checkCertificates(this.#options);
    }
    const connection = this.#connection(broker, purpose);
    await connection.ready();
    const link = this.#links.get(connection) ?? new KafkajsLink(this.#internals, this.#options, connection);
    this.#links.set(connection, link);
    await this.#identity.verify(connection, broker, async () => (await link.metadata()).clusterId);
    return link;
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const connection of this.#connections.values()) connection.destroy();
    return Promise.resolve();
  }

  #connection(broker: Address, purpose: Purpose): KafkajsConnection {
    const key = keyOf(broker, purpose);
    const existing = this.#connections.get(key);
    if (existing !== undefined) return existing;
    // A question that close cut off goes on to the next broker: nobody would close what it opened.
    if (this.#closed) throw clientClosed();
    const requestTimeout = purpose === 'ask' ? askTimeout(this.#options) : this.#options.requestTimeout;
    const connection = new KafkajsConnection(this.#internals, this.#options, broker, requestTimeout, () => {
      if (this.#connections.get(key) === connection) this.#connections.delete(key);
    });
    this.#connections.set(key, connection);
    return connection;
  }
}

function keyOf(broker: Address, purpose: Purpose): string {
  return `${purpose} ${addressOf(broker)}`;
}
