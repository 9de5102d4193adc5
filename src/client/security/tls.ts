import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { ClientOptions } from '../port.ts';

/**
 * The server name for brokers without one of their own: true stands for the host's. Without it @platformatic/kafka sends
 * no SNI, and proxies in front of brokers need it; RFC 6066 forbids it for addresses.
 */
export function namesHosts(brokers: readonly string[]): boolean {
  return brokers.some((broker) => isIP(broker.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')) === 0);
}

/**
 * Certificates can break while the process runs, for their files are read at each connection. Node then throws in the
 * middle of connecting, which leaves @platformatic/kafka with a connection that never settles.
 * @throws what Node says of them
 */
export function checkCertificates({ tls }: ClientOptions): void {
  if (tls !== undefined) createSecureContext(tls.reveal());
}
