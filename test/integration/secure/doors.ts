import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificates } from '../../support/certificates.ts';
import { unsignedToken } from '../../support/secure-kafka.ts';
import { name, password, trusting, type Way, type World } from './world.ts';

/** The client's certificate and key as files, as a secret mounted into a container has them. */
function files({ ca, client, pfx }: Certificates, folder: string) {
  const file = (base: string, content: string | Buffer): string => {
    const path = join(folder, base);
    writeFileSync(path, content);
    return path;
  };
  return {
    ca: file('ca.crt', ca),
    cert: file('tls.crt', client.cert),
    key: file('tls.key', client.key),
    pfx: file('tls.p12', pfx),
  };
}

const oauthOf = ({ issuer }: World) => ({
  tokenEndpoint: issuer.tokenEndpoint,
  clientId: issuer.clientId,
  clientSecret: issuer.clientSecret,
});

/** Every way in that the documentation names. */
export function doors(folder: string): Way[] {
  return [
    { what: 'TLS with an own authority', at: 'TLS', ssl: trusting },
    { what: 'TLS, any certificate', at: 'TLS', ssl: () => ({ rejectUnauthorized: false }) },
    {
      what: 'TLS 1.3 or later',
      at: 'TLS',
      ssl: ({ certificates: { ca } }) => ({ ca, minVersion: 'TLSv1.3' }),
    },
    {
      what: "TLS with a server name that the broker's certificate has not, checked by the user's own function",
      at: 'TLS',
      ssl: ({ certificates: { ca } }) => ({
        ca,
        servername: 'kafka.internal',
        checkServerIdentity: () => undefined,
      }),
    },
    {
      what: "client's certificate in PEM, its key encrypted",
      at: 'MUTUAL',
      ssl: ({ certificates: { ca, client, passphrase } }) => ({ ca, ...client, passphrase }),
    },
    {
      what: "client's certificate in PEM, with line ends as environment variables have them",
      at: 'MUTUAL',
      ssl: ({ certificates: { ca, client, passphrase } }) => ({
        ca: [ca.replaceAll('\n', '\\n')],
        cert: client.cert.replaceAll('\n', '\\n'),
        key: client.key.replaceAll('\n', '\\n'),
        passphrase,
      }),
    },
    {
      what: "client's certificate in files",
      at: 'MUTUAL',
      ssl: ({ certificates }) => {
        const { ca, cert, key } = files(certificates, folder);
        return { ca, cert, key, passphrase: certificates.passphrase };
      },
    },
    {
      what: "client's certificate in buffers, and those through JSON",
      at: 'MUTUAL',
      ssl: ({ certificates: { ca, client, passphrase } }) => ({
        ca: Buffer.from(ca),
        cert: Buffer.from(client.cert),
        key: JSON.parse(JSON.stringify(Buffer.from(client.key))) as Buffer,
        passphrase,
      }),
    },
    {
      what: "client's certificate in PKCS12",
      at: 'MUTUAL',
      ssl: ({ certificates: { ca, pfx, passphrase } }) => ({ ca, pfx, passphrase }),
    },
    {
      what: "client's certificate in a file of PKCS12",
      at: 'MUTUAL',
      ssl: ({ certificates }) => {
        const { ca, pfx } = files(certificates, folder);
        return { ca, pfx, passphrase: certificates.passphrase };
      },
    },
    ...(['plain', 'scram-sha-256', 'scram-sha-512'] as const).map((mechanism): Way => ({
      what: `${mechanism} over TLS`,
      at: 'LOGIN',
      ssl: trusting,
      sasl: () => ({ mechanism, username: name, password }),
    })),
    {
      what: 'plain over TLS, credentials from a function',
      at: 'LOGIN',
      ssl: trusting,
      sasl: () => ({
        mechanism: 'plain',
        credentials: () => Promise.resolve({ username: name, password }),
      }),
    },
    {
      what: 'scram-sha-512 without TLS',
      at: 'BARE',
      sasl: () => ({ mechanism: 'scram-sha-512', username: name, password }),
    },
    {
      what: 'oauthbearer, fixed token',
      at: 'LOGIN',
      ssl: trusting,
      sasl: ({ token }) => ({ mechanism: 'oauthbearer', token }),
    },
    {
      what: 'oauthbearer, token from a function',
      at: 'LOGIN',
      ssl: trusting,
      sasl: () => ({
        mechanism: 'oauthbearer',
        oauthBearerProvider: () => Promise.resolve({ value: unsignedToken(name, 600) }),
      }),
    },
    {
      // 100 days: more milliseconds than a timer of Node can wait, which fired at once and logged in without end.
      what: 'oauthbearer, token of a long life',
      at: 'LOGIN',
      ssl: trusting,
      sasl: () => ({ mechanism: 'oauthbearer', token: unsignedToken(name, 8_640_000) }),
    },
    {
      what: 'oauthbearer, signed token, fixed',
      at: 'OAUTH',
      ssl: trusting,
      sasl: ({ issuer }) => ({ mechanism: 'oauthbearer', token: issuer.sign() }),
    },
    {
      what: 'oauthbearer, signed token from a function, with extensions',
      at: 'OAUTH',
      ssl: trusting,
      sasl: ({ issuer }) => ({
        mechanism: 'oauthbearer',
        oauthBearerProvider: () =>
          Promise.resolve({
            value: issuer.sign(),
            lifetime: 60_000,
            extensions: { logicalCluster: 'lkc-1a2b3' },
          }),
      }),
    },
    {
      what: 'oauthbearer, client credentials',
      at: 'OAUTH',
      ssl: trusting,
      sasl: (world) => ({ mechanism: 'oauthbearer', oauth: oauthOf(world) }),
    },
    {
      what: 'oauthbearer, client credentials with scope and extensions',
      at: 'OAUTH',
      ssl: trusting,
      sasl: (world) => ({
        mechanism: 'oauthbearer',
        oauth: {
          ...oauthOf(world),
          scope: 'kafka',
          extensions: { logicalCluster: 'lkc-1a2b3', identityPoolId: 'pool-9' },
        },
      }),
    },
  ];
}
