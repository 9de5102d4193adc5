import { loadCodec } from '../protocol/codecs.ts';
import { loadKafkajs, loadKafkajsAdmin } from './kafkajs/wire.ts';
import type { Inspector } from './inspector.ts';
import { loadPlatformaticInspector, loadPlatformaticReader } from './platformatic/open.ts';
import { loadPlatformatic, loadPlatformaticAdmin } from './platformatic/wire.ts';
import type { Admin, Client, ClientOptions } from './port.ts';
import type { Bookmarks, Reader } from './reader.ts';

export type ClientKind = 'platformatic' | 'kafkajs';

/** A client that connects when it is first needed. Only the library asked for is loaded. */
export async function createClient(kind: ClientKind, options: ClientOptions): Promise<Client> {
  const [create, codec] = await Promise.all([
    kind === 'platformatic' ? loadPlatformatic() : loadKafkajs(),
    loadCodec(options.compression),
  ]);
  return create(options, codec);
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
