import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  AclOperations,
  AclPermissionTypes,
  ResourcePatternTypes,
  ResourceTypes,
  type AclOperationValue,
} from '@platformatic/kafka';
import { withAdmin } from '../../scripts/kafka/admin.ts';
import { createTopic, describeTopic } from '../../scripts/kafka/topics.ts';
import { startAclKafka, type AclKafka } from '../support/acl-kafka.ts';
import { runSetup } from '../support/setup.ts';

/** The rights of a user show only on a cluster that asks for them: each operation that setup needs, one by one. */
describe('setup on a cluster with ACLs', () => {
  let kafka: AclKafka;
  before(async () => {
    kafka = await startAclKafka();
  });
  after(() => kafka.cluster.stop());

  async function grant(topic: string, operation: AclOperationValue): Promise<void> {
    const creation = {
      resourceType: ResourceTypes.TOPIC,
      resourceName: topic,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: 'User:shop',
      host: '*',
      operation,
      permissionType: AclPermissionTypes.ALLOW,
    };
    await withAdmin(kafka.cluster.brokers, (admin) => admin.createAcls({ creations: [creation] }));
  }

  for (const client of ['platformatic', 'kafkajs'] as const) {
    describe(client, () => {
      const run = (topic: string, configEntries: Record<string, string> = {}) => {
        const setup = { numPartitions: 1, replicationFactor: 1, configEntries };
        return runSetup({ kafka: { brokers: [kafka.login], topic, client, sasl: kafka.sasl } }, setup);
      };
      const refused = async (topic: string, message: RegExp, configEntries?: Record<string, string>) => {
        const { result } = await run(topic, configEntries);
        assert.ok(result instanceof Error && 'code' in result);
        assert.equal(result.code, 'NOT_AUTHORIZED');
        assert.match(result.message, message);
        assert.doesNotMatch(result.message, /hush/);
      };

      it('names every operation that is missing, and then goes through, one grant after another', async () => {
        const topic = `rights-${client}`;
        const create = new RegExp(
          `Kafka topic "${topic}": this user may not create it \\(TOPIC_AUTHORIZATION_FAILED\\)\\. ` +
            `Grant the ACL operation CREATE on topic "${topic}" or on the cluster\\.`,
        );
        await refused(topic, create);
        await refused(topic, new RegExp(`Grant the ACL operation DESCRIBE on topic "${topic}"\\.$`));

        await grant(topic, AclOperations.DESCRIBE);
        await refused(topic, new RegExp(`${create.source}$`));
        assert.equal(await describeTopic(kafka.cluster.brokers, topic), undefined);

        await grant(topic, AclOperations.CREATE);
        const entries = { 'retention.ms': '3600000' };
        assert.deepEqual((await run(topic, entries)).result, { topicCreated: true, schemaRegistered: false });

        assert.deepEqual((await run(topic)).result, { topicCreated: false, schemaRegistered: false });
        const config = new RegExp(
          `read its configuration .* Grant the ACL operation DESCRIBE_CONFIGS on topic "${topic}"`,
        );
        await refused(topic, config, entries);

        await grant(topic, AclOperations.DESCRIBE_CONFIGS);
        assert.deepEqual((await run(topic, entries)).result, {
          topicCreated: false,
          schemaRegistered: false,
        });
      });

      it('says what is missing to see a topic that is there', async () => {
        const topic = `hidden-${client}`;
        await createTopic(kafka.cluster.brokers, topic);
        await grant(topic, AclOperations.CREATE);
        await refused(
          topic,
          new RegExp(`^Kafka topic "${topic}": this user may not see it .* DESCRIBE on topic`),
        );
      });
    });
  }
});
