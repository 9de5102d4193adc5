import assert from 'node:assert/strict';
import {
  AclOperations,
  AclPermissionTypes,
  ResourcePatternTypes,
  ResourceTypes,
  type AclOperationValue,
} from '@platformatic/kafka';
import { withAdmin } from '../../../scripts/kafka/admin.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { freshName, freshTopic } from '../../support/broker.ts';
import { event, runFlow } from '../../support/flow.ts';
import { openProxy } from '../../support/proxy.ts';
import {
  addressOf,
  guest,
  password,
  settingsOf,
  trusting,
  type ClientName,
  type Kafka,
  type Way,
  type World,
} from './world.ts';

/** What a user may do, what its destination wants, and what it is told. TOPIC stands for the topic. */
export interface Lack {
  readonly what: string;
  readonly exists: boolean;
  readonly granted: readonly AclOperationValue[];
  readonly settings: Partial<Kafka>;
  readonly message: string;
}

export const lacks: readonly Lack[] = [
  {
    what: 'no right at all',
    exists: true,
    granted: [],
    settings: {},
    message:
      'Topic "TOPIC": the broker does not show it to this user (TOPIC_AUTHORIZATION_FAILED). Grant the ACL operation ' +
      'WRITE on topic "TOPIC", which includes DESCRIBE, and see that it exists.',
  },
  {
    what: 'WRITE',
    exists: true,
    granted: [AclOperations.DESCRIBE],
    settings: {},
    message:
      'Topic "TOPIC": the broker does not let this user write to it (TOPIC_AUTHORIZATION_FAILED). ' +
      'Grant the ACL operation WRITE on topic "TOPIC".',
  },
  {
    what: 'IDEMPOTENT_WRITE',
    exists: true,
    granted: [AclOperations.DESCRIBE],
    settings: { idempotent: true },
    message:
      'Topic "TOPIC": the broker does not let this user be an idempotent producer (CLUSTER_AUTHORIZATION_FAILED). ' +
      'Grant the ACL operation IDEMPOTENT_WRITE on the cluster, or since Kafka 2.8 WRITE on any topic; or remove ' +
      'settings.kafka.idempotent.',
  },
  {
    what: 'CREATE',
    exists: false,
    granted: [AclOperations.DESCRIBE],
    settings: { allowAutoTopicCreation: true },
    message:
      'Topic "TOPIC": the broker does not show it to this user (TOPIC_AUTHORIZATION_FAILED). Grant the ACL operation ' +
      'WRITE on topic "TOPIC", which includes DESCRIBE, and CREATE where allowAutoTopicCreation is to make it.',
  },
];

/** A user without a right is told which, at once, on connections that stay the same. */
export async function lackRight(world: World, lack: Lack, client: ClientName): Promise<void> {
  const { direct } = world.kafka.cluster;
  const topic = lack.exists ? await freshTopic('rights', { brokers: direct }) : freshName('rights');
  const creations = lack.granted.map((operation) => ({
    resourceType: ResourceTypes.TOPIC,
    resourceName: topic,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: `User:${guest}`,
    host: '*',
    operation,
    permissionType: AclPermissionTypes.ALLOW,
  }));
  if (creations.length > 0) await withAdmin(direct, (admin) => admin.createAcls({ creations }));

  const way: Way = {
    what: '',
    at: 'LOGIN',
    ssl: trusting,
    sasl: () => ({ mechanism: 'plain', username: guest, password }),
  };
  const proxy = await openProxy();
  proxy.inFrontOf(Number(addressOf(world, 'LOGIN').split(':')[1]));
  const kafka = { ...settingsOf(world, way, proxy.address), ...lack.settings, topic, client };
  const flow = await runFlow({ kafka });
  try {
    for (let n = 0; n < 20; n++) {
      const begun = performance.now();
      const result = await flow.push(event());
      const error = result.failed?.kafka?.error;
      assert.ok(error instanceof KafkaError, flow.log.join('\n'));
      assert.equal(error.message.replaceAll(topic, 'TOPIC'), lack.message);
      assert.equal(error.code, 'NOT_AUTHORIZED');
      assert.ok(performance.now() - begun < 5_000);
    }
    assert.equal(proxy.connections, 1, 'through the proxy, which only the first address leads to');
  } finally {
    await flow.stop();
    await proxy.close();
  }
}
