import { aws, name, password, stranger, trusting, wrong, type ClientName, type Way } from './world.ts';

export interface Refusal extends Way {
  readonly code: string;
  /** BROKER stands for the address, ISSUER for the token endpoint. */
  readonly message: string | RegExp;
  /** Default: both. */
  readonly only?: ClientName;
}

const refusedLogin = (login: string, reason: string): string =>
  `Kafka at BROKER refused to authenticate with ${login}: ${reason}. Check settings.kafka.sasl.`;

const clientRefused =
  /^TLS to BROKER failed: ssl\/tls alert [a-z ]+\. The broker refuses the client's certificate, or misses one: check settings\.kafka\.ssl\.cert and key, their expiry, and the authorities that the broker trusts\.$/;
const authorityUnknown =
  /^TLS to BROKER failed: (self-signed certificate in certificate chain|unable to verify the first certificate.*|unable to get local issuer certificate)\. The destination refuses the broker's certificate: give the authority that signed it as settings\.kafka\.ssl\.ca\.$/;
const tokenRefused =
  /^Kafka at BROKER refused to authenticate with (oauthbearer|aws): .*invalid_token.*\. Check settings\.kafka\.sasl\.$/;

export const refusals: readonly Refusal[] = [
  {
    what: 'TLS with an authority that Node does not know',
    at: 'TLS',
    ssl: () => true,
    code: 'TLS_FAILED',
    message: authorityUnknown,
  },
  {
    what: "TLS, the broker's certificate of another authority than the one that is trusted",
    at: 'TLS',
    ssl: () => ({ ca: stranger.cert }),
    code: 'TLS_FAILED',
    message: authorityUnknown,
  },
  {
    what: 'TLS to a host name that is not in the certificate',
    at: 'TLS',
    host: 'localhost',
    ssl: trusting,
    code: 'TLS_FAILED',
    message:
      /^TLS to BROKER failed: Hostname\/IP does not match certificate's altnames: .*localhost.*\. The destination refuses the broker's certificate, which is for other names: use one of them in settings\.kafka\.brokers, or set settings\.kafka\.ssl\.servername\.$/,
  },
  {
    what: "TLS, the broker's certificate expired",
    at: 'OLD',
    ssl: trusting,
    code: 'TLS_FAILED',
    message:
      "TLS to BROKER failed: certificate has expired. The destination refuses the broker's certificate, or that of an " +
      "authority in its chain: renew it where it stands (the broker, settings.kafka.ssl.ca), or set this machine's clock.",
  },
  {
    what: 'TLS 1.3 where the broker speaks 1.2',
    at: 'OLD',
    ssl: ({ certificates: { ca } }) => ({ ca, minVersion: 'TLSv1.3' }),
    code: 'TLS_FAILED',
    message:
      /^TLS to BROKER failed: .*protocol.*\. Broker and destination have no version or cipher of TLS in common: check settings\.kafka\.ssl\.minVersion, maxVersion and ciphers, and the broker's ssl\.enabled\.protocols\.$/,
  },
  {
    what: 'no certificate where the broker asks for one',
    at: 'MUTUAL',
    ssl: trusting,
    code: 'TLS_FAILED',
    message: clientRefused,
  },
  {
    what: "the client's certificate expired",
    at: 'MUTUAL',
    ssl: ({ certificates: { ca, expiredClient, passphrase } }) => ({ ca, ...expiredClient, passphrase }),
    code: 'TLS_FAILED',
    message: clientRefused,
  },
  {
    what: "the client's certificate of another authority",
    at: 'MUTUAL',
    ssl: ({ certificates: { ca } }) => ({ ca, ...stranger }),
    code: 'TLS_FAILED',
    message: clientRefused,
  },
  {
    what: 'TLS to a plain port',
    at: 'PLAIN',
    ssl: trusting,
    code: 'TLS_FAILED',
    message:
      'The broker at BROKER does not speak TLS on this port: remove settings.kafka.ssl or use the TLS port.',
  },
  {
    what: 'no TLS to a TLS port',
    at: 'TLS',
    code: 'TLS_FAILED',
    message: 'The broker at BROKER wants TLS on this port: set settings.kafka.ssl or use the plain port.',
  },
  {
    what: 'a login without TLS to a TLS port',
    at: 'LOGIN',
    sasl: () => ({ mechanism: 'scram-sha-512', username: name, password }),
    code: 'TLS_FAILED',
    message: 'The broker at BROKER wants TLS on this port: set settings.kafka.ssl or use the plain port.',
  },
  {
    what: 'wrong password with plain',
    at: 'LOGIN',
    ssl: trusting,
    sasl: () => ({ mechanism: 'plain', username: name, password: wrong }),
    code: 'AUTHENTICATION_FAILED',
    message: refusedLogin('plain as "shop"', 'Authentication failed: Invalid username or password'),
  },
  ...(['scram-sha-256', 'scram-sha-512'] as const).map((mechanism): Refusal => ({
    what: `wrong password with ${mechanism}`,
    at: 'LOGIN',
    ssl: trusting,
    sasl: () => ({ mechanism, username: name, password: wrong }),
    code: 'AUTHENTICATION_FAILED',
    message: refusedLogin(
      `${mechanism} as "shop"`,
      `Authentication failed during authentication due to invalid credentials with SASL mechanism ${mechanism.toUpperCase()}`,
    ),
  })),
  {
    what: 'wrong password from a function',
    at: 'LOGIN',
    ssl: trusting,
    sasl: () => ({
      mechanism: 'plain',
      credentials: () => Promise.resolve({ username: name, password: wrong }),
    }),
    code: 'AUTHENTICATION_FAILED',
    message: refusedLogin('plain', 'Authentication failed: Invalid username or password'),
  },
  {
    what: 'unknown user',
    at: 'LOGIN',
    ssl: trusting,
    sasl: () => ({ mechanism: 'scram-sha-256', username: 'stranger', password }),
    code: 'AUTHENTICATION_FAILED',
    message:
      /^Kafka at BROKER refused to authenticate with scram-sha-256 as "stranger": .*invalid credentials/,
  },
  {
    what: 'mechanism that the listener does not offer',
    at: 'BARE',
    sasl: () => ({ mechanism: 'plain', username: name, password }),
    code: 'AUTHENTICATION_FAILED',
    message: refusedLogin('plain as "shop"', 'The broker does not support the requested SASL mechanism'),
  },
  {
    what: "kafkajs's own mechanism AWS at a broker without its login module",
    at: 'LOGIN',
    only: 'kafkajs',
    ssl: trusting,
    sasl: () => ({ ...aws, authorizationIdentity: 'AROAEXAMPLE' }),
    code: 'AUTHENTICATION_FAILED',
    message: refusedLogin('aws', 'The broker does not support the requested SASL mechanism'),
  },
  {
    what: 'expired token',
    at: 'LOGIN',
    ssl: trusting,
    sasl: ({ expiredToken }) => ({ mechanism: 'oauthbearer', token: expiredToken }),
    code: 'AUTHENTICATION_FAILED',
    message: tokenRefused,
  },
  {
    what: "MSK's token at a broker that is not MSK",
    at: 'LOGIN',
    ssl: trusting,
    sasl: () => aws,
    code: 'AUTHENTICATION_FAILED',
    message: tokenRefused,
  },
  ...Object.entries({
    'for another audience': { aud: 'mail' },
    'that has expired': { exp: Math.floor(Date.now() / 1000) - 3600 },
    'without a subject': { sub: undefined },
  }).map(([what, claims]): Refusal => ({
    what: `signed token ${what}`,
    at: 'OAUTH',
    ssl: trusting,
    sasl: ({ issuer }) => ({ mechanism: 'oauthbearer', token: issuer.sign(claims) }),
    code: 'AUTHENTICATION_FAILED',
    message: tokenRefused,
  })),
  {
    what: 'token whose signature is not of the issuer',
    at: 'OAUTH',
    ssl: trusting,
    sasl: ({ issuer }) => ({
      mechanism: 'oauthbearer',
      token: `${issuer.sign().slice(0, -20)}${'A'.repeat(20)}`,
    }),
    code: 'AUTHENTICATION_FAILED',
    message: tokenRefused,
  },
  {
    what: 'wrong secret at the token endpoint',
    at: 'OAUTH',
    ssl: trusting,
    sasl: ({ issuer: { tokenEndpoint, clientId } }) => ({
      mechanism: 'oauthbearer',
      oauth: { tokenEndpoint, clientId, clientSecret: wrong },
    }),
    code: 'AUTHENTICATION_FAILED',
    message:
      'The token endpoint ISSUER answered 401 invalid_client (Unknown client or wrong secret). ' +
      'Check settings.kafka.sasl.oauth: tokenEndpoint, clientId, clientSecret, tokenEndpointAuthMethod, scope, audience.',
  },
];
