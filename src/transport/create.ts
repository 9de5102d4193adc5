import type { Options } from '../config/resolve.ts';
import { loadCodec } from '../protocol/codecs.ts';
import { fixedBearer, providedBearers, type BearerSource } from './tokens/bearer.ts';
import { oauthTokens } from './tokens/oauth.ts';
import { KafkaAdmin } from './admin.ts';
import { KafkaClient } from './client.ts';
import { Cluster } from './cluster.ts';
import type { Transport } from './connection.ts';
import type { Inspector, Admin, Client, ClientOptions, Sasl, OffsetStore, Reader } from './port.ts';
import { kafkajsConnections } from './kafkajs/connection.ts';
import { loadInternals } from './kafkajs/internals.ts';
import { PlatformaticOffsetStore } from './platformatic/offset-store.ts';
import { platformaticConnections } from './platformatic/connection.ts';
import { PlatformaticInspector } from './platformatic/inspector.ts';
import { loadLibrary } from './platformatic/library.ts';
import { PlatformaticReader } from './platformatic/reader.ts';
import { renewedCredentials } from './security/login.ts';
import { mskIamTokens } from './security/msk-iam.ts';

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

/** The settings as the client port takes them. The source of tokens is made once: all connections share one token. */
export function clientOptions(connection: Options['connection']): ClientOptions {
  return { ...connection, sasl: saslOf(connection.sasl) };
}

function saslOf(sasl: Options['connection']['sasl']): Sasl | undefined {
  if (sasl === undefined || 'keys' in sasl || 'password' in sasl) return sasl;
  if ('credentials' in sasl) {
    return { mechanism: sasl.mechanism, credentials: renewedCredentials(sasl.credentials) };
  }
  if ('token' in sasl) return { mechanism: 'oauthbearer', bearer: fixedBearer(sasl.token), renewable: false };
  return { mechanism: sasl.mechanism, bearer: renewedBearer(sasl), renewable: true };
}

type Renewed = Extract<
  Options['connection']['sasl'],
  { region: string } | { oauth: unknown } | { provide: unknown }
>;

function renewedBearer(sasl: Renewed): BearerSource {
  if ('region' in sasl) return mskIamTokens(sasl);
  if ('oauth' in sasl) return oauthTokens(sasl.oauth, 'settings.kafka.sasl.oauth');
  return providedBearers(sasl.provide);
}
