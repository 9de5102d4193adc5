import type { ExtraListener, KafkaCluster } from '../../scripts/kafka/cluster.ts';
import { startKafka } from '../../scripts/kafka/launch.ts';

export interface AclKafka {
  readonly cluster: KafkaCluster;
  /** `host:port` where one logs in. */
  readonly login: string;
  /** `settings.kafka.sasl` of a user without any rights. */
  readonly sasl: PlainSasl;
  /** That of another one. */
  readonly operator: PlainSasl;
}

interface PlainSasl {
  readonly mechanism: 'plain';
  readonly username: string;
  readonly password: string;
}

/**
 * A Kafka that asks for rights, at its listener LOGIN only: whoever comes through the plain ones may do anything.
 * @param more listeners beside that one
 */
export async function startAclKafka(more: readonly ExtraListener[] = []): Promise<AclKafka> {
  const sasl = { mechanism: 'plain', username: 'shop', password: 'hush' } as const;
  const operator = { mechanism: 'plain', username: 'ops', password: 'hush-of-ops' } as const;
  const users = [sasl, operator].map(({ username, password }) => `user_${username}="${password}"`).join(' ');
  const module = 'org.apache.kafka.common.security.plain.PlainLoginModule';
  const cluster = await startKafka({
    own: true,
    config: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
    listeners: [
      {
        name: 'LOGIN',
        protocol: 'SASL_PLAINTEXT',
        config: {
          'sasl.enabled.mechanisms': 'PLAIN',
          'plain.sasl.jaas.config': `${module} required ${users};`,
        },
      },
      ...more,
    ],
  });
  return { cluster, login: cluster.nodes[0]?.listeners.LOGIN ?? '', sasl, operator };
}
