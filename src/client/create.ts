import { createPlatformaticClient } from './platformatic.ts';
import { createKafkajsClient } from './kafkajs.ts';
import { openOnce } from './open-once.ts';
import type { Client, ClientOptions } from './port.ts';

export type ClientKind = 'platformatic' | 'kafkajs';

/** A client that connects when it is first needed. The library of the other kind is never loaded. */
export async function createClient(kind: ClientKind, options: ClientOptions): Promise<Client> {
  return openOnce(
    await (kind === 'platformatic' ? createPlatformaticClient(options) : createKafkajsClient(options)),
  );
}
