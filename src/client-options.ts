import { mskIamTokens } from './client/security/msk-iam.ts';
import type { ClientOptions } from './client/port.ts';
import type { Options } from './options/resolve.ts';

/** The settings as the client port takes them. The source of tokens is made once: all connections share one token. */
export function clientOptions(connection: Options['connection']): ClientOptions {
  const { sasl } = connection;
  return {
    ...connection,
    sasl: sasl?.mechanism === 'aws' ? { mechanism: 'aws', token: mskIamTokens(sasl) } : sasl,
  };
}
