import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { createTopic } from '../../scripts/kafka/topics.ts';
import { startKafka } from '../../scripts/kafka/launch.ts';
import type { KafkaCluster } from '../../scripts/kafka/cluster.ts';
import type { Client, ClientOptions, Sasl } from '../../src/transport/port.ts';
import { fixedBearer } from '../../src/transport/tokens/bearer.ts';
import { Secret } from '../../src/model/secret.ts';
import { batchOf } from './records.ts';
import { networked } from './subjects.ts';

const certificate = readFileSync(new URL('tls/certificate.pem', import.meta.url), 'utf8');
const key = readFileSync(new URL('tls/key.pem', import.meta.url), 'utf8');
const plainModule =
  'org.apache.kafka.common.security.plain.PlainLoginModule required user_bob="bobs secret";';
const scramModule = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';

const right: readonly Sasl[] = [
  { mechanism: 'plain', username: 'bob', password: new Secret('bobs secret') },
  { mechanism: 'scram-sha-256', username: 'alice', password: new Secret('alices secret') },
  { mechanism: 'scram-sha-512', username: 'alice', password: new Secret('alices secret') },
];

describe('client security', () => {
  let cluster: KafkaCluster;
  const open: Client[] = [];

  before(async () => {
    cluster = await startKafka({
      own: true,
      scram: [
        'SCRAM-SHA-256=[name=alice,password=alices secret]',
        'SCRAM-SHA-512=[name=alice,password=alices secret]',
      ],
      listeners: [
        {
          name: 'SECURE',
          protocol: 'SSL',
          config: {
            'ssl.keystore.type': 'PEM',
            'ssl.keystore.key': key.replaceAll('\n', ' '),
            'ssl.keystore.certificate.chain': certificate.replaceAll('\n', ' '),
          },
        },
        {
          name: 'LOGIN',
          protocol: 'SASL_PLAINTEXT',
          config: {
            'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
            'plain.sasl.jaas.config': plainModule,
            'scram-sha-256.sasl.jaas.config': scramModule,
            'scram-sha-512.sasl.jaas.config': scramModule,
          },
        },
      ],
    });
    await createTopic(cluster.brokers, 'security');
  });
  afterEach(() => Promise.all(open.splice(0).map((client) => client.close())));
  after(() => cluster.stop());

  for (const subject of networked) {
    describe(subject.name, () => {
      async function create(
        listener: 'SECURE' | 'LOGIN',
        options: Partial<ClientOptions> = {},
      ): Promise<Client> {
        const address = cluster.nodes[0]?.listeners[listener] ?? '';
        const client = await subject.client({ brokers: [address], ...options });
        open.push(client);
        return client;
      }

      async function assertWrites(client: Client): Promise<void> {
        assert.deepEqual(await client.metadata('security'), { leaders: [1] });
        assert.deepEqual(await client.produce([batchOf('security', 0, 'a')]), [{ kind: 'stored' }]);
      }

      it('writes through TLS with the right authority', async () => {
        await assertWrites(await create('SECURE', { tls: new Secret({ ca: certificate }) }));
      });

      it('refuses a certificate of an unknown authority, and says what to set', async () => {
        const client = await create('SECURE', { tls: new Secret({}) });
        await assert.rejects(client.connect(), {
          code: 'TLS_FAILED',
          message: /self-signed certificate.*settings\.kafka\.ssl\.ca/,
        });
      });

      it('says that the port wants TLS', async () => {
        const client = await create('SECURE');
        await assert.rejects(client.connect(), {
          code: 'TLS_FAILED',
          message: /wants TLS on this port: set settings\.kafka\.ssl/,
        });
      });

      it('says that the port may want credentials when it hangs up', async () => {
        const client = await create('LOGIN');
        await assert.rejects(client.connect(), {
          code: 'BROKER_UNREACHABLE',
          message: /may want TLS .* or credentials/,
        });
      });

      for (const sasl of right) {
        it(`writes with ${sasl.mechanism}`, async () => {
          await assertWrites(await create('LOGIN', { sasl }));
        });

        it(`refuses a wrong password with ${sasl.mechanism}, naming mechanism and user, not the password`, async () => {
          const wrong = { ...sasl, password: new Secret('a wrong secret') } as Sasl;
          const client = await create('LOGIN', { sasl: wrong });
          const failure: unknown = await client.connect().catch((error: unknown) => error);
          assert.ok(failure instanceof Error && 'code' in failure);
          assert.equal(failure.code, 'AUTHENTICATION_FAILED');
          assert.match(failure.message, new RegExp(`with ${sasl.mechanism} as "(bob|alice)": .*[Ii]nvalid`));
          assert.doesNotMatch(failure.message, /secret/);
        });
      }

      it('says that the broker does not know the mechanism', async () => {
        const client = await create('LOGIN', {
          sasl: { mechanism: 'oauthbearer', bearer: fixedBearer(new Secret('token')), renewable: false },
        });
        await assert.rejects(client.connect(), {
          code: 'AUTHENTICATION_FAILED',
          message: /with oauthbearer: The broker does not support the requested SASL mechanism/,
        });
      });
    });
  }
});
