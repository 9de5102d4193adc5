import { readFileSync } from 'node:fs';
import type { Settings } from '../../../src/types.ts';
import { makeCertificates, type Certificates } from '../../support/certificates.ts';
import { openProxy, type Proxy } from '../../support/proxy.ts';
import {
  startSecureKafka,
  unsignedToken,
  type ListenerName,
  type SecureKafka,
} from '../../support/secure-kafka.ts';
import { startTokenIssuer, type TokenIssuer } from '../../support/token-issuer.ts';

export type Kafka = Omit<Settings['kafka'], 'topic'>;
export type ClientName = 'platformatic' | 'kafkajs';

export const name = 'shop';
export const guest = 'guest';
export const password = 'right-s3cret-4711';
export const nextPassword = 'rotated-s3cret-4712';
export const wrong = 'wrong-s3cret-0815';
export const aws = {
  mechanism: 'aws',
  region: 'eu-west-1',
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'aws-s3cret-2342',
  sessionToken: 'session-s3cret-1357',
} as const;
export const rotating = (client: ClientName): string => `rotating-${client}`;

/** A certificate of an authority that nobody trusts, with its key. */
const foreign = (file: string): string =>
  readFileSync(new URL(`../../contract/tls/${file}.pem`, import.meta.url), 'utf8');
export const stranger = { cert: foreign('certificate'), key: foreign('key') };

/** A locked cluster, its users' certificates and its issuer of tokens. */
export interface World {
  readonly kafka: SecureKafka;
  readonly certificates: Certificates;
  readonly issuer: TokenIssuer;
  /** In front of OAUTH. */
  readonly proxy: Proxy;
  /** Unsigned, for LOGIN. */
  readonly token: string;
  readonly expiredToken: string;
  close(): Promise<void>;
}

export async function createWorld(folder: string): Promise<World> {
  const [certificates, issuer, proxy] = await Promise.all([
    makeCertificates(folder),
    startTokenIssuer(name),
    openProxy(),
  ]);
  const masters = [name, rotating('platformatic'), rotating('kafkajs')];
  const kafka = await startSecureKafka(certificates, { masters, guest, password }, issuer, proxy);
  return {
    kafka,
    certificates,
    issuer,
    proxy,
    token: unsignedToken(name, 3600),
    expiredToken: unsignedToken(name, -3600),
    async close() {
      await proxy.close();
      await issuer.close();
      await kafka.cluster.stop();
    },
  };
}

/** Settings that lead to one of the world's doors. */
export interface Way {
  readonly what: string;
  readonly at: ListenerName | 'PLAIN';
  /** How the listener is called; default 127.0.0.1. */
  readonly host?: string;
  readonly ssl?: (world: World) => Kafka['ssl'];
  readonly sasl?: (world: World) => Kafka['sasl'];
}

export const trusting = ({ certificates: { ca } }: World): Kafka['ssl'] => ({ ca });

/** @param address of the door, or of a proxy in front of it */
export function settingsOf(
  world: World,
  { at, host, ssl, sasl }: Way,
  address = addressOf(world, at),
): Kafka {
  return {
    // Many flows open at once here, and handshakes are all processor.
    connectionTimeout: 4_000,
    brokers: [host === undefined ? address : address.replace('127.0.0.1', host)],
    ...(ssl && { ssl: ssl(world) }),
    ...(sasl && { sasl: sasl(world) }),
  };
}

export function addressOf({ kafka }: World, at: Way['at']): string {
  return at === 'PLAIN' ? (kafka.cluster.brokers[0] ?? '') : kafka.at[at];
}

/** What may be seen nowhere. */
export function secretsOf({ certificates, issuer, token, expiredToken }: World): string[] {
  const { passphrase, client } = certificates;
  const { secretAccessKey, sessionToken } = aws;
  return [
    ...[password, nextPassword, wrong, secretAccessKey, sessionToken, token, expiredToken, passphrase],
    ...[client.key, stranger.key].map((key) => key.slice(60, 120)),
    issuer.clientSecret,
    Buffer.from(`${issuer.clientId}:${issuer.clientSecret}`).toString('base64'),
    ...issuer.tokens,
  ];
}
