import { createSecureContext } from 'node:tls';
import type { ClientOptions } from '../port.ts';

/**
 * Certificates can break while the process runs, for their files are read at each connection. Node then throws in the
 * middle of connecting, which leaves @platformatic/kafka with a connection that never settles.
 * @throws what Node says of them
 */
export function checkCertificates({ tls }: ClientOptions): void {
  if (tls !== undefined) createSecureContext(tls.reveal());
}
