import type { Connection, ConnectionStatusValue } from '@platformatic/kafka';

const over: ReadonlySet<ConnectionStatusValue> = new Set(['closing', 'closed', 'error']);

/** Such a connection will not be connected again. */
export function isOver({ status }: Connection): boolean {
  return over.has(status);
}

/**
 * Waits for a login that is under way. Not by the library's `ready` alone, which never answers about a connection that
 * is over.
 */
export async function ready(connection: Connection): Promise<void> {
  if (connection.isConnected()) return;
  if (isOver(connection)) throw new Error('Connection closed');
  await connection.ready();
}
