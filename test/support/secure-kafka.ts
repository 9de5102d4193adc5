import { startKafka } from '../../scripts/kafka/launch.ts';
import type { KafkaCluster, KafkaOptions } from '../../scripts/kafka/cluster.ts';
import type { Certificates } from './certificates.ts';

export interface SecureKafka {
  readonly cluster: KafkaCluster;
  /** Listeners that check, each as `host:port`. */
  readonly at: Record<ListenerName, string>;
}

export type ListenerName = 'TLS' | 'MUTUAL' | 'LOGIN' | 'BARE';

/** The user `shop` and its password for PLAIN and SCRAM. */
export interface User {
  readonly name: string;
  readonly password: string;
}

const module = (name: string, options = ''): string =>
  `org.apache.kafka.common.security.${name} required${options};`;

/**
 * A Kafka of its own with locked doors: TLS, TLS with a client's certificate (MUTUAL), SASL over TLS (LOGIN: all four
 * mechanisms) and SASL without it (BARE: SCRAM-SHA-512 only). OAUTHBEARER takes unsigned tokens. Its plain listener
 * stays open, for readers.
 */
export async function startSecureKafka(
  certificates: Certificates,
  { name, password }: User,
  more: Pick<KafkaOptions, 'config' | 'listeners'> = {},
): Promise<SecureKafka> {
  const tls = tlsListener(certificates, certificates.broker);
  const scram = module('scram.ScramLoginModule');
  const cluster = await startKafka({
    own: true,
    ...(more.config && { config: more.config }),
    scram: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map((kind) => `${kind}=[name=${name},password=${password}]`),
    listeners: [
      { name: 'TLS', protocol: 'SSL', config: tls },
      { name: 'MUTUAL', protocol: 'SSL', config: { ...tls, 'ssl.client.auth': 'required' } },
      {
        name: 'LOGIN',
        protocol: 'SASL_SSL',
        config: {
          ...tls,
          'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
          'plain.sasl.jaas.config': module('plain.PlainLoginModule', ` user_${name}="${password}"`),
          'scram-sha-256.sasl.jaas.config': scram,
          'scram-sha-512.sasl.jaas.config': scram,
          'oauthbearer.sasl.jaas.config': module('oauthbearer.OAuthBearerLoginModule'),
        },
      },
      {
        name: 'BARE',
        protocol: 'SASL_PLAINTEXT',
        config: { 'sasl.enabled.mechanisms': 'SCRAM-SHA-512', 'scram-sha-512.sasl.jaas.config': scram },
      },
      ...(more.listeners ?? []),
    ],
  });
  const { TLS = '', MUTUAL = '', LOGIN = '', BARE = '' } = cluster.nodes[0]?.listeners ?? {};
  return { cluster, at: { TLS, MUTUAL, LOGIN, BARE } };
}

/** Settings of a listener with TLS. Inline, not as files: a broker in a container sees no files of ours. */
export function tlsListener(
  { ca }: Certificates,
  { key, cert }: Certificates['broker'],
): Record<string, string> {
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
