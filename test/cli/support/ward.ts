import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  AclOperations,
  AclPermissionTypes,
  ResourcePatternTypes,
  ResourceTypes,
  type AclOperationValue,
} from '@platformatic/kafka';
import { withAdmin } from '../../../scripts/kafka/admin.ts';
import { freePorts } from '../../../scripts/kafka/ports.ts';
import { startKafka } from '../../../scripts/kafka/launch.ts';
import { createTopic } from '../../../scripts/kafka/topics.ts';
import { registryMissing, startRegistry } from '../../../scripts/registry/launch.ts';
import { makeCertificates } from '../../support/certificates.ts';
import { keys } from '../../support/secure-kafka.ts';
import { flowFile } from './run.ts';

export const name = 'shop';
export const password = 'right-s3cret-4711';
export const wrong = 'wrong-s3cret-0815';
export const environment = { KAFKA_PASSWORD: password };
/** In a flow's connection: without TLS and login. Undefined is not written to the file. */
export const open = { ssl: undefined, sasl: undefined };

export interface Settings {
  readonly kafka?: object;
  readonly deadLetter?: object;
  readonly spool?: object;
  readonly value?: object;
}

export type Ward = Awaited<ReturnType<typeof openWard>>;

/**
 * All that set-ups are built of, whole and broken: a cluster with every door, which asks those who log in for their rights and
 * lets all others do anything, and a schema registry, where there can be one.
 */
export async function openWard(folder: string) {
  const certificates = await makeCertificates(folder);
  const [unused = 0] = await freePorts(1);
  const starting = (await registryMissing()) === undefined ? startRegistry() : undefined;
  let lost = '';
  let sidecar = '';
  const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const silence = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const tls = keys(certificates, certificates.broker);
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  const login = { 'sasl.enabled.mechanisms': 'SCRAM-SHA-512', 'scram-sha-512.sasl.jaas.config': scram };
  const cluster = await startKafka({
    own: true,
    scram: [`SCRAM-SHA-512=[name=${name},password=${password}]`],
    config: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
    listeners: [
      { name: 'LOGIN', protocol: 'SASL_SSL', config: { ...tls, ...login } },
      { name: 'BARE', protocol: 'SASL_PLAINTEXT', config: login },
      { name: 'MUTUAL', protocol: 'SSL', config: { ...tls, 'ssl.client.auth': 'required' } },
      { name: 'EXPIRED', protocol: 'SSL', config: keys(certificates, certificates.expiredBroker) },
      {
        // Its certificate is for the address, as a load balancer's may be for its own name alone.
        name: 'MISNAMED',
        protocol: 'SSL',
        config: keys(certificates, certificates.broker),
        advertised: (_id, port) => `localhost:${port}`,
      },
      {
        name: 'LOST',
        protocol: 'PLAINTEXT',
        advertised: (_id, port) => {
          lost = `127.0.0.1:${port}`;
          return 'kafka-0.walkeros.invalid:9092';
        },
      },
      {
        name: 'SIDECAR',
        protocol: 'PLAINTEXT',
        advertised: (_id, port) => {
          sidecar = `127.0.0.1:${port}`;
          return silence;
        },
      },
    ],
  });
  const registry = await starting;
  const { direct, brokers, nodes } = cluster;
  const { LOGIN = '', BARE = '', MUTUAL = '', EXPIRED = '', MISNAMED = '' } = nodes[0]?.listeners ?? {};

  async function grant(topic: string, ...operations: AclOperationValue[]): Promise<void> {
    const creations = operations.map((operation) => ({
      resourceType: ResourceTypes.TOPIC,
      resourceName: topic,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: `User:${name}`,
      host: '*',
      operation,
      permissionType: AclPermissionTypes.ALLOW,
    }));
    await withAdmin(brokers, (admin) => admin.createAcls({ creations }));
  }

  await createTopic(direct, 'events');
  await createTopic(direct, 'closed');
  await createTopic(direct, 'unsafe', { config: { 'min.insync.replicas': '2' } });
  await grant('events', AclOperations.WRITE, AclOperations.DESCRIBE);
  await grant('closed', AclOperations.DESCRIBE);

  return {
    folder,
    registry,
    grant,
    at: { LOGIN, BARE, MUTUAL, MISNAMED: MISNAMED.replace('localhost', '127.0.0.1') },
    /** Addresses: without login, with an expired certificate, advertised as one that leads nowhere, and of nobody. */
    plain: brokers[0] ?? '',
    expired: EXPIRED,
    lost,
    /** Advertised as an address that takes connections and never answers, which is `silence`. */
    sidecar,
    silence,
    nobody: `127.0.0.1:${unused}`,
    readOnly: readOnlyFolder(folder),
    certificate: join(folder, 'ca.pem'),
    ca: certificates.ca,
    expiredClient: { ...certificates.expiredClient, passphrase: certificates.passphrase },
    missingFile: join(folder, 'flou.json'),

    /** A flow file that events get through, but for what is changed. */
    flow({ kafka: changed = {}, ...settings }: Settings = {}, more: object = {}): string {
      const connection = {
        brokers: [LOGIN],
        topic: 'events',
        ssl: { ca: certificates.ca },
        sasl: { mechanism: 'scram-sha-512', username: name, password: '$env.KAFKA_PASSWORD' },
      };
      return flowFile(folder, { settings: { kafka: { ...connection, ...changed }, ...settings }, ...more });
    },

    async close(): Promise<void> {
      silent.close();
      await Promise.all([cluster.stop(), registry?.stop()]);
    },
  };
}

/** Root writes where it likes, but for the kernel's own file system. */
function readOnlyFolder(folder: string): string {
  if (process.getuid?.() === 0) return '/sys';
  const place = join(folder, 'read-only');
  mkdirSync(place, { mode: 0o500 });
  return place;
}

/** The part of a destination's config that names a schema registry. */
export const setup = (url: string, auth?: object): object => ({
  setup: {
    numPartitions: 1,
    replicationFactor: 1,
    schemaRegistry: { url, subject: 'events-value', schemaType: 'JSON', schema: { type: 'object' }, auth },
  },
});
