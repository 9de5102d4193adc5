import type { Client, ClientOptions } from './port.ts';
export function createKafkajsClient(_o: ClientOptions): Promise<Client> {
  return Promise.reject(new Error('soon'));
}
