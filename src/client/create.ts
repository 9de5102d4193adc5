import { loadKafkajs } from './kafkajs.ts';
import { openOnce } from './open-once.ts';
import { loadPlatformatic } from './platformatic.ts';
import type { Client, ClientOptions } from './port.ts';
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
  const create = await (kind === 'platformatic' ? loadPlatformatic() : loadKafkajs());
  return rebuilding(() => openOnce(create(options)), onRebuilt);
}
