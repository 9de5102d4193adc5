import { ClusterIdentity } from './cluster-identity.ts';
import { loadCodec } from '../protocol/codecs.ts';
import { loadKafkajs, loadKafkajsAdmin } from './kafkajs/wire.ts';
import { openOnce } from './open-once.ts';
import type { Inspector } from './inspector.ts';
import { loadPlatformaticInspector, loadPlatformaticReader } from './platformatic/open.ts';
import { loadPlatformatic, loadPlatformaticAdmin } from './platformatic/wire.ts';
import type { Admin, Client, ClientOptions } from './port.ts';
import type { Bookmarks, Reader } from './reader.ts';
import { rebuilding, type OnRebuilt } from './rebuilding.ts';

export type ClientKind = 'platformatic' | 'kafkajs';

/**
 * A client that connects when it is first needed, and is made anew when it is stuck. Only the library asked for is
 * loaded; the connection is not opened yet.
 */
export async function createClient(
  kind: ClientKind,
  options: ClientOptions,
  onRebuilt: OnRebuilt,
): Promise<Client> {
  const [create, codec] = await Promise.all([
    kind === 'platformatic' ? loadPlatformatic() : loadKafkajs(),
    loadCodec(options.compression),
  ]);
  const identity = new ClusterIdentity();
  return rebuilding(() => openOnce(create(options, codec, identity)), onRebuilt);
}

/** The same library's answers about topics, on connections of their own. */
export async function createAdmin(kind: ClientKind, options: ClientOptions): Promise<Admin> {
  const create = await (kind === 'platformatic' ? loadPlatformaticAdmin() : loadKafkajsAdmin());
  return create(options);
}

/** Reads what topics hold. One connection pool for both: closing the reader closes the bookmarks. */
export async function createReader(
  options: ClientOptions,
): Promise<{ readonly reader: Reader; readonly bookmarks: Bookmarks }> {
  const create = await loadPlatformaticReader();
  return create({ ...options, autoCreateTopics: false });
}

/** Looks at a cluster, and changes nothing. */
export async function createInspector(options: ClientOptions): Promise<Inspector> {
  const create = await loadPlatformaticInspector();
  return create({ ...options, autoCreateTopics: false });
}
