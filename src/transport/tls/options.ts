import { isIP } from 'node:net';
import { createSecureContext, type ConnectionOptions } from 'node:tls';
import type { ClientOptions } from '../port.ts';

/** What goes into a secure context, and nowhere else. */
const materials = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'crl'] as const;

/**
 * The options of one connection. Certificates, keys and the passphrase are in the secure context, which shows nothing of
 * them: Node keeps the options of a connection on its socket, and prints them with NODE_DEBUG. The context is a property
 * that is made anew each time it is read, for certificates are replaced in their files while the process runs.
 */
export function connectOptions(tls: ConnectionOptions): ConnectionOptions {
  const options: ConnectionOptions = Object.fromEntries(
    Object.keys(tls)
      .filter((name) => !materials.some((material) => material === name))
      .map((name) => [name, Reflect.get(tls, name)]),
  );
  if (options.secureContext !== undefined) return options;
  return Object.defineProperty(options, 'secureContext', {
    enumerable: true,
    get: () => createSecureContext(tls),
  });
}

/**
 * The name that a TLS connection asks for (SNI) and that the certificate has to be for. A host name may end in a dot, which
 * says that it is whole: DNS wants it, certificates and SNI have none. RFC 6066 knows no names for IP addresses: undefined.
 */
export function serverNameOf(host: string): string | undefined {
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return name === '' || isIP(name) !== 0 ? undefined : name;
}

/**
 * Certificates can break while the process runs, for their files are read at each connection. Node then throws in the
 * middle of connecting, which leaves @platformatic/kafka with a connection that never settles.
 * @throws what Node says of them
 */
export function checkCertificates({ tls }: ClientOptions): void {
  if (tls !== undefined) createSecureContext(tls.reveal());
}
