import type { Connection, ConnectionPool, MessageRecord } from '@platformatic/kafka';
import type { Slice } from '../vocabulary/partition.ts';
import type { RecordHeaders } from '../vocabulary/record.ts';
import { answerWithin, negotiate, type Apis, type Library } from './platformatic-apis.ts';
import type { ClientOptions } from './port.ts';
import { platformaticSecurity } from './security.ts';
import { askTimeout, laneOf, type Address, type Link, type MetadataAnswer, type ProduceAnswer, type ProducerId } from './wire.ts';
import type { Stamp, Wire } from './wire.ts';
import { WireClient } from './wire-client.ts';

/** Loads @platformatic/kafka, and makes clients on its request layer: its producer is not used (see docs/decisions). */
export async function loadPlatformatic(): Promise<(options: ClientOptions) => WireClient> {
  const library = await import('@platformatic/kafka');
  return (options) => new WireClient(new PlatformaticWire(library, options), options, 10_000);
}

class PlatformaticWire implements Wire {
  readonly #library: Library;
  readonly #options: ClientOptions;
  readonly #pools: Readonly<Record<'ask' | 'produce', ConnectionPool>>;
  readonly #headers = new WeakMap<RecordHeaders, Map<Buffer, Buffer>>();
  #apis: Promise<Apis> | undefined;

  constructor(library: Library, options: ClientOptions) {
    this.#library = library;
    this.#options = options;
    this.#pools = { ask: this.#createPool(askTimeout(options)), produce: this.#createPool(options.requestTimeout) };
  }

  async open({ host, port }: Address, purpose: 'ask' | 'produce'): Promise<Link> {
    const connection = await this.#pools[purpose].get({ host, port });
    return this.#linkOf(connection, await this.#negotiated(connection));
  }

  async close(): Promise<void> {
    await Promise.all(
      Object.values(this.#pools).map(async (pool) => {
        const connections = [...pool].map(([, connection]) => connection);
        const closed = pool.close();
        for (const { socket } of connections) socket?.destroy();
        await closed;
      }),
    );
  }

  #createPool(requestTimeout: number): ConnectionPool {
    const pool = new this.#library.ConnectionPool(safeClientId(this.#options.clientId), {
      connectTimeout: this.#options.connectTimeout,
      requestTimeout,
      ...platformaticSecurity(this.#options),
    });
    // Refused credentials and then a reset are two 'error's on one connection. Nobody hears the second, and an 'error'
    // that nobody hears ends the process.
    pool.on('connecting', ({ connection }) => connection.on('error', () => undefined));
    return pool;
  }

  #negotiated(connection: Connection): Promise<Apis> {
    if (this.#apis === undefined) {
      const apis = negotiate(this.#library, connection);
      apis.catch(() => {
        if (this.#apis === apis) this.#apis = undefined;
      });
      this.#apis = apis;
    }
    return this.#apis;
  }

  #linkOf(connection: Connection, apis: Apis): Link {
    return {
      metadata: async (topic) => metadataAnswer(topic, await this.#metadata(connection, apis, topic)),
      registerProducer: (): Promise<ProducerId> =>
        apis.initProducerId.async(connection, null, this.#options.ackTimeout),
      produce: (slices, stamp) => this.#produce(connection, apis, slices, stamp),
    };
  }
}

/** The library refuses white space, which Kafka allows. */
function safeClientId(clientId: string): string {
  return clientId.trim().replace(/\s+/g, '-') || 'walkeros';
}
