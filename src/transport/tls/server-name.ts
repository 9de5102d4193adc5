import { isIP } from 'node:net';

/**
 * The name that a TLS connection asks for (SNI) and that the certificate has to be for. A host name may end in a dot, which
 * says that it is whole: DNS wants it, certificates and SNI have none. RFC 6066 knows no names for IP addresses: undefined.
 */
export function serverNameOf(host: string): string | undefined {
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return name === '' || isIP(name) !== 0 ? undefined : name;
}
