import { loadCodec } from '../protocol/codecs.ts';
import { KafkaAdmin } from './admin.ts';
import { KafkaClient } from './client.ts';
import { Cluster } from './cluster.ts';
import type { Transport } from './connection.ts';
import type { Inspector, Admin, Client, ClientOptions, OffsetStore, Reader } from './port.ts';
import { kafkajsConnections } from './kafkajs/connection.ts';
import { loadInternals } from './kafkajs/internals.ts';
import { PlatformaticOffsetStore } from './platformatic/offset-store.ts';
import { platformaticConnections } from './platformatic/connection.ts';
import { PlatformaticInspector } from './platformatic/inspector.ts';
import { loadLibrary } from './platformatic/library.ts';
import { PlatformaticReader } from './platformatic/reader.ts';

export type ClientKind = 'platformatic' | 'kafkajs';

/** A client that connects when it is first needed. Only the library asked for is loaded. */
export async function createClient(kind: ClientKind, options: ClientOptions): Promise<Client> {
  const [connections, codec] = await Promise.all([
    connectionsOf(kind, options),
    loadCodec(options.compression),
  ]);
  return new KafkaClient(connections, options, codec);
}

/** The same library's answers about topics, on connections of their own. */
export async function createAdmin(kind: ClientKind, options: ClientOptions): Promise<Admin> {
  return new KafkaAdmin(await connectionsOf(kind, options), options);
}

async function connectionsOf(kind: ClientKind, options: ClientOptions): Promise<Transport> {
  return kind === 'platformatic'
    ? platformaticConnections(await loadLibrary(), options)
    : kafkajsConnections(await loadInternals(), options);
}

/** Reads what topics hold. One set of connections for both: closing the reader closes the offset store. */
export async function createReader(
  options: ClientOptions,
): Promise<{ readonly reader: Reader; readonly offsetStore: OffsetStore }> {
  const { library, connections, cluster } = await readOnly(options);
  return {
    reader: new PlatformaticReader(connections, cluster),
    offsetStore: new PlatformaticOffsetStore(library, cluster),
  };
}

/** Looks at a cluster, and changes nothing. */
export async function createInspector(options: ClientOptions): Promise<Inspector> {
  const { connections, cluster } = await readOnly(options);
  return new PlatformaticInspector(connections, cluster);
}

/** Always with @platformatic/kafka: kafkajs has no public way to do the same. */
async function readOnly(clientOptions: ClientOptions) {
  const options = { ...clientOptions, autoCreateTopics: false };
  const library = await loadLibrary();
  const connections = platformaticConnections(library, options);
  return { library, connections, cluster: new Cluster(connections, options) };
}
