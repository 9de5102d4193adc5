import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { describeTopic } from '../../scripts/kafka/topics.ts';
import { createAdmin } from '../../src/transport/create.ts';
import { createMemoryCluster } from '../support/memory-cluster.ts';
import type { Admin } from '../../src/transport/port.ts';
import type { TopicSpec } from '../../src/model/cluster.ts';
import { freshName, sharedBroker } from '../support/broker.ts';
import { defaults } from './subjects.ts';

interface Subject {
  readonly name: string;
  admin(): Promise<Admin>;
  /** One whose only broker does not listen. */
  strandedAdmin(): Promise<Admin>;
  /** Whether the topic is there, by other means than the admin's. */
  exists(topic: string): Promise<boolean>;
}

for (const subject of [memory(), real('platformatic'), real('kafkajs')]) {
  describe(`admin port: ${subject.name}`, () => {
    const open: Admin[] = [];
    after(() => Promise.all(open.map((admin) => admin.close())));

    async function opened(admin: Promise<Admin> = subject.admin()): Promise<Admin> {
      open.push(await admin);
      return admin;
    }

    it('knows nothing of a topic that is not there, and does not create it by asking', async () => {
      const admin = await opened();
      const name = freshName('admin');
      assert.equal(await admin.describeTopic(name), undefined);
      await assert.rejects(admin.topicConfig(name), { code: 'TOPIC_MISSING', topic: name });
      assert.equal(await subject.exists(name), false);
    });

    it('creates a topic with its partitions, replicas and entries, ready to be described', async () => {
      const admin = await opened();
      const configEntries = { 'cleanup.policy': 'compact', 'retention.ms': '3600000' };
      const topic = spec({ numPartitions: 3, configEntries });
      assert.equal(await admin.createTopic(topic, { validateOnly: false }), true);
      assert.deepEqual(await admin.describeTopic(topic.name), { numPartitions: 3, replicationFactor: 1 });
      const config = await admin.topicConfig(topic.name);
      assert.equal(config.get('cleanup.policy'), 'compact');
      assert.equal(config.get('retention.ms'), '3600000');
      assert.equal(config.get('max.message.bytes'), '1048588');
    });

    it('says that a topic is there already, and leaves it as it is', async () => {
      const admin = await opened();
      const topic = spec({ numPartitions: 2 });
      await admin.createTopic(topic, { validateOnly: false });
      const other = { ...topic, numPartitions: 5 };
      assert.equal(await admin.createTopic(other, { validateOnly: false }), false);
      assert.equal(await admin.createTopic(other, { validateOnly: true }), false);
      assert.deepEqual(await admin.describeTopic(topic.name), { numPartitions: 2, replicationFactor: 1 });
    });

    it('lets one of two that create at once be the first', async () => {
      const [one, two] = [await opened(), await opened()];
      const topic = spec();
      const created = await Promise.all([
        one.createTopic(topic, { validateOnly: false }),
        two.createTopic(topic, { validateOnly: false }),
      ]);
      assert.deepEqual(created.sort(), [false, true]);
    });

    it('creates nothing with validateOnly', async () => {
      const admin = await opened();
      const topic = spec();
      assert.equal(await admin.createTopic(topic, { validateOnly: true }), true);
      assert.equal(await subject.exists(topic.name), false);
      assert.equal(await admin.describeTopic(topic.name), undefined);
    });

    for (const validateOnly of [false, true]) {
      it(`shows the broker's reason for too many replicas, validateOnly ${validateOnly}`, async () => {
        const admin = await opened();
        const topic = spec({ replicationFactor: 99 });
        await assert.rejects(admin.createTopic(topic, { validateOnly }), {
          code: 'TOPIC_REFUSED',
          topic: topic.name,
          kafkaCode: 'INVALID_REPLICATION_FACTOR',
          message:
            /refuses to create it: INVALID_REPLICATION_FACTOR \(.*target replication factor of 99 cannot be reached because only \d+ broker\(s\) are registered.*\)\. Lower replicationFactor/,
        });
      });

      it(`shows the broker's reason for an entry it does not know, validateOnly ${validateOnly}`, async () => {
        const admin = await opened();
        const topic = spec({ configEntries: { 'retention.millis': '1' } });
        await assert.rejects(admin.createTopic(topic, { validateOnly }), {
          code: 'TOPIC_REFUSED',
          kafkaCode: 'INVALID_CONFIG',
          message: /INVALID_CONFIG \(Unknown topic config name: retention\.millis\)\. Change configEntries\./,
        });
        assert.equal(await subject.exists(topic.name), false);
      });
    }

    it('refuses names that no topic can have', async () => {
      const admin = await opened();
      await assert.rejects(admin.createTopic(spec({ name: 'not a topic' }), { validateOnly: false }), {
        code: 'TOPIC_INVALID',
        topic: 'not a topic',
      });
    });

    it('fails with BROKER_UNREACHABLE when nothing listens', async () => {
      const admin = await opened(subject.strandedAdmin());
      const unreachable = { code: 'BROKER_UNREACHABLE', message: /ECONNREFUSED/ };
      await assert.rejects(admin.describeTopic('any'), unreachable);
      await assert.rejects(admin.createTopic(spec(), { validateOnly: false }), unreachable);
      await assert.rejects(admin.topicConfig('any'), unreachable);
    });

    it('closes twice, and before it was used', async () => {
      const admin = await subject.admin();
      await admin.close();
      await admin.close();
    });
  });
}

function spec(parts: Partial<TopicSpec> = {}): TopicSpec {
  return { name: freshName('admin'), numPartitions: 1, replicationFactor: 1, configEntries: {}, ...parts };
}

function real(kind: 'platformatic' | 'kafkajs'): Subject {
  const brokersOf = async () => (await sharedBroker()).brokers;
  return {
    name: kind,
    admin: async () => createAdmin(kind, { ...defaults, brokers: await brokersOf() }),
    strandedAdmin: () => createAdmin(kind, { ...defaults, brokers: ['127.0.0.1:1'] }),
    exists: async (topic) => (await describeTopic(await brokersOf(), topic)) !== undefined,
  };
}

function memory(): Subject {
  const cluster = createMemoryCluster();
  const cut = createMemoryCluster();
  cut.cutOff();
  return {
    name: 'memory',
    admin: () => Promise.resolve(cluster.admin()),
    strandedAdmin: () => Promise.resolve(cut.admin()),
    exists: async (topic) => {
      const client = cluster.client();
      return client.metadata(topic).then(
        () => true,
        () => false,
      );
    },
  };
}
