import type { ConnectionOptions } from 'node:tls';
import { z } from 'zod';

export const sslSchema = z
  .union(
    [
      z.boolean(),
      z.custom<ConnectionOptions>(isPlainObject).meta({ type: 'object', additionalProperties: true }),
    ],
    {
      error:
        'must be true, false or an object of tls.ConnectionOptions, for example { "ca": "/etc/kafka/ca.pem" }',
    },
  )
  .default(false)
  .describe(
    'Encrypts the connection. `true`: TLS with the CAs that come with Node; an object: ' +
      "Node's `tls.ConnectionOptions`, for a private `ca`, a client certificate (`cert`, `key`, `passphrase`, or `pfx`), " +
      '`servername` or `minVersion`. Certificates and keys are PEM text, the path of a file, or a Buffer; files are read ' +
      'again for each new connection. With `rejectUnauthorized: false` anyone on the way can read and change what is sent.',
  );

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
