import type { KafkaCluster } from '../../scripts/kafka/cluster.ts';
import { startKafka } from '../../scripts/kafka/launch.ts';
import type { Certificates } from './certificates.ts';
import type { Proxy } from './proxy.ts';
import type { TokenIssuer } from './token-issuer.ts';

export interface SecureKafka {
  readonly cluster: KafkaCluster;
  /** Listeners that check, each as `host:port`. */
  readonly at: Record<ListenerName, string>;
}

export type ListenerName = 'TLS' | 'MUTUAL' | 'LOGIN' | 'BARE' | 'OAUTH' | 'OLD';

/** Users of PLAIN and SCRAM, all with one password at first. */
export interface Users {
  /** May do anything. */
  readonly masters: readonly string[];
  /** May do nothing that it was not granted. */
  readonly guest: string;
  readonly password: string;
}

/** How long a login on BARE and OAUTH is good for, at most. Milliseconds. */
export const sessions = { BARE: 3_000, OAUTH: 60_000 };

const module = (name: string, options = ''): string =>
  `org.apache.kafka.common.security.${name} required${options};`;

/**
 * A Kafka of its own with locked doors: TLS, TLS with a client's certificate (MUTUAL), SASL over TLS (LOGIN: all four
 * mechanisms), SASL without it (BARE: SCRAM-SHA-512 only), OAUTHBEARER whose tokens are checked against the issuer's
 * keys (OAUTH), and TLS 1.2 with an expired certificate (OLD). At LOGIN, OAUTHBEARER takes unsigned tokens. Its plain
 * listener stays open, for readers; who comes through it, or without SASL, may do anything.
 */
export async function startSecureKafka(
  certificates: Certificates,
  { masters, guest, password }: Users,
  issuer: TokenIssuer,
  /** In front of OAUTH. */
  proxy: Proxy,
): Promise<SecureKafka> {
  const scram = module('scram.ScramLoginModule');
  const bearer = module('oauthbearer.OAuthBearerLoginModule');
  const tls = keys(certificates, certificates.broker);
  const cluster = await startKafka({
    own: true,
    jvm: { 'org.apache.kafka.sasl.oauthbearer.allowed.urls': issuer.jwksEndpoint },
    scram: [...masters, guest].flatMap((user) =>
      ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map((kind) => `${kind}=[name=${user},password=${password}]`),
    ),
    config: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': ['ANONYMOUS', 'CN=client', 'CN=pfx', ...masters].map((user) => `User:${user}`).join(';'),
    },
    listeners: [
      { name: 'TLS', protocol: 'SSL', config: tls },
      { name: 'MUTUAL', protocol: 'SSL', config: { ...tls, 'ssl.client.auth': 'required' } },
      {
        name: 'OLD',
        protocol: 'SSL',
        config: { ...keys(certificates, certificates.expiredBroker), 'ssl.enabled.protocols': 'TLSv1.2' },
      },
      {
        name: 'LOGIN',
        protocol: 'SASL_SSL',
        config: {
          ...tls,
          'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
          'plain.sasl.jaas.config': module(
            'plain.PlainLoginModule',
            [...masters, guest].map((user) => ` user_${user}="${password}"`).join(''),
          ),
          'scram-sha-256.sasl.jaas.config': scram,
          'scram-sha-512.sasl.jaas.config': scram,
          'oauthbearer.sasl.jaas.config': bearer,
        },
      },
      {
        name: 'BARE',
        protocol: 'SASL_PLAINTEXT',
        config: {
          'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
          'scram-sha-512.sasl.jaas.config': scram,
          'scram-sha-512.connections.max.reauth.ms': String(sessions.BARE),
        },
      },
      {
        name: 'OAUTH',
        protocol: 'SASL_SSL',
        advertised: (_id, port) => proxy.inFrontOf(port),
        config: {
          ...tls,
          'sasl.enabled.mechanisms': 'OAUTHBEARER',
          'oauthbearer.sasl.jaas.config': bearer,
          'oauthbearer.sasl.server.callback.handler.class':
            'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler',
          'sasl.oauthbearer.jwks.endpoint.url': issuer.jwksEndpoint,
          'sasl.oauthbearer.expected.audience': 'kafka',
          'oauthbearer.connections.max.reauth.ms': String(sessions.OAUTH),
        },
      },
    ],
  });
  const {
    TLS = '',
    MUTUAL = '',
    LOGIN = '',
    BARE = '',
    OAUTH = '',
    OLD = '',
  } = cluster.nodes[0]?.listeners ?? {};
  return { cluster, at: { TLS, MUTUAL, LOGIN, BARE, OAUTH, OLD } };
}

/** Settings of a listener with TLS. Inline, not as files: a broker in a container sees no files of ours. */
export function keys({ ca }: Certificates, { key, cert }: Certificates['broker']): Record<string, string> {
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.key': key,
    'ssl.keystore.certificate.chain': cert + ca,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': ca,
  };
}

/** An unsecured JWS, which Kafka takes where it is told to. */
export function unsignedToken(subject: string, lifeSeconds: number): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: subject, iat: now - 7200, exp: now + lifeSeconds };
  const parts = [{ alg: 'none' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return `${parts.join('.')}.`;
}
