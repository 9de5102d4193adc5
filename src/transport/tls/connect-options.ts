import { createSecureContext, type ConnectionOptions } from 'node:tls';

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
