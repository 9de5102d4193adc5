import type { Mechanism, SASLOptions } from 'kafkajs';
import type { ConnectionOptions as PlatformaticConnection } from '@platformatic/kafka';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { bearerMechanism } from '../kafkajs/bearer.ts';
import type { ClientOptions, Sasl } from '../port.ts';

type PlatformaticSecurity = Pick<PlatformaticConnection, 'tls' | 'tlsServerName' | 'sasl'>;

/** TLS and SASL as @platformatic/kafka wants them. */
export function platformaticSecurity({ tls, sasl, brokers }: ClientOptions): PlatformaticSecurity {
  const security: PlatformaticSecurity = {};
  if (tls !== undefined) {
    const options = tls.reveal();
    security.tls = options;
    security.tlsServerName = options.servername ?? namesHosts(brokers);
  }
  if (sasl !== undefined) security.sasl = platformaticSasl(sasl);
  return security;
}

/** Without a server name the library sends no SNI, and proxies in front of brokers need it; RFC 6066 forbids it for addresses. */
function namesHosts(brokers: readonly string[]): boolean {
  return brokers.some((broker) => isIP(broker.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')) === 0);
}

function platformaticSasl(sasl: Sasl): NonNullable<PlatformaticSecurity['sasl']> {
  switch (sasl.mechanism) {
    case 'plain':
      return { mechanism: 'PLAIN', username: sasl.username, password: () => sasl.password.reveal() };
    case 'scram-sha-256':
      return { mechanism: 'SCRAM-SHA-256', username: sasl.username, password: () => sasl.password.reveal() };
    case 'scram-sha-512':
      return { mechanism: 'SCRAM-SHA-512', username: sasl.username, password: () => sasl.password.reveal() };
    case 'oauthbearer':
    case 'aws':
      return { mechanism: 'OAUTHBEARER', token: async () => (await sasl.token()).reveal() };
  }
}

interface KafkajsSecurity {
  ssl?: ConnectionOptions;
  sasl?: SASLOptions | Mechanism;
}

/** TLS and SASL as kafkajs wants them. */
export function kafkajsSecurity({ tls, sasl }: ClientOptions): KafkajsSecurity {
  const security: KafkajsSecurity = {};
  if (tls !== undefined) security.ssl = tls.reveal();
  if (sasl !== undefined) security.sasl = kafkajsSasl(sasl);
  return security;
}

function kafkajsSasl(sasl: Sasl): SASLOptions | Mechanism {
  return 'token' in sasl ? bearerMechanism(sasl) : passwordLogin(sasl);
}

function passwordLogin({ mechanism, username, password }: Extract<Sasl, { password: unknown }>): SASLOptions {
  return { mechanism, username, password: password.reveal() };
}
