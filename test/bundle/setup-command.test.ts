import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { registryMissing, startRegistry, type RunningRegistry } from '../../scripts/registry/launch.ts';
import { alterTopic, describeTopic, topicConfig } from '../../scripts/kafka/topics.ts';
import { startAclKafka, type AclKafka } from '../support/acl-kafka.ts';
import { freshName, freshTopic, sharedBroker } from '../support/broker.ts';
import { flowFolder, walkeros } from './support/cli.ts';

interface Declared {
  readonly client: string;
  readonly topic: string;
  readonly setup: unknown;
  readonly more?: object;
}

/**
 * Writes a flow; the result runs `walkeros setup` on its destination, as often as it is called.
 * Topics need short names: a word of 20 letters and digits the CLI takes for a secret, and masks in what it prints.
 */
async function command({ client, topic, setup, more }: Declared, ...args: string[]) {
  const { brokers } = await sharedBroker();
  const config = { settings: { kafka: { brokers, topic, client } }, setup, ...more };
  const cwd = await flowFolder({
    destinations: { kafka: { package: 'walkeros-destination-kafka', config } },
  });
  return () => walkeros(['setup', 'destination.kafka', '--config', 'flow.json', ...args], { cwd });
}

async function run(declared: Declared, ...args: string[]) {
  return (await command(declared, ...args))();
}

const least = { numPartitions: 3, replicationFactor: 1 };
const all = ({ stdout, stderr }: { stdout: string; stderr: string }): string => stdout + stderr;

/** What the CLI prints with --json, and nothing else. */
function answerIn(stdout: string): { success: boolean; data: unknown } {
  const { success, data } = JSON.parse(stdout) as { success: boolean; data: unknown };
  return { success, data };
}

async function partitions(topic: string): Promise<number | undefined> {
  return (await describeTopic((await sharedBroker()).brokers, topic))?.length;
}

for (const client of ['platformatic', 'kafkajs']) {
  describe(`walkeros setup, on ${client}`, { concurrency: 2 }, () => {
    it('creates every topic at the first run and nothing at the second', async () => {
      const [topic, orders, dead] = [freshName('setup'), freshName('setup-orders'), freshName('setup-dead')];
      const configEntries = { 'retention.ms': '3600000' };
      const topics = {
        [orders]: {},
        [dead]: { numPartitions: 1, configEntries: { 'cleanup.policy': 'compact' } },
      };
      // The CLI does not run the code of a flow for this command.
      const key = { fn: '$code:(event) => event.id' };
      const more = { mapping: { order: { complete: { settings: { topic: orders, key } } } } };
      const again = await command({ client, topic, setup: { ...least, configEntries, topics }, more });

      const first = await again();
      assert.equal(first.code, 0, all(first));
      assert.match(all(first), /setup: ok destination\.kafka/);
      assert.match(all(first), /\{"topicCreated":true,"schemaRegistered":false\}/);
      assert.doesNotMatch(all(first), /setup\.drift|does not cover/);
      assert.deepEqual(
        [await partitions(topic), await partitions(orders), await partitions(dead)],
        [3, 3, 1],
      );
      const { brokers } = await sharedBroker();
      assert.equal((await topicConfig(brokers, orders))['retention.ms'], '3600000');
      assert.equal((await topicConfig(brokers, dead))['cleanup.policy'], 'compact');

      const second = await again();
      assert.equal(second.code, 0, all(second));
      assert.match(all(second), /\{"topicCreated":false,"schemaRegistered":false\}/);
      assert.match(all(second), /setup: ok destination\.kafka/);
      assert.doesNotMatch(all(second), /setup\.drift|Created Kafka/);
    });

    it('prints the result object with --json', async () => {
      const again = await command({ client, topic: freshName('setup'), setup: least }, '--json');
      for (const topicCreated of [true, false]) {
        const { code, stdout, stderr } = await again();
        assert.equal(code, 0, stderr);
        const result = { topicCreated, schemaRegistered: false };
        assert.deepEqual(answerIn(stdout), { success: true, data: { result } });
      }
    });

    it('warns of drift in each of the three, and changes none', async () => {
      const { brokers } = await sharedBroker();
      const topic = await freshTopic('drift', { partitions: 2 });
      await alterTopic(brokers, topic, { 'retention.ms': '1000' });
      const configEntries = { 'retention.ms': '3600000', 'cleanup.policy': 'delete' };
      const setup = { numPartitions: 3, replicationFactor: 2, configEntries };
      const result = await run({ client, topic, setup });
      assert.equal(result.code, 0, all(result));
      const drifts = [...all(result).matchAll(/setup\.drift (\{.*\})/g)].map(
        ([, text = '']) => JSON.parse(text) as unknown,
      );
      assert.deepEqual(drifts, [
        { topic, field: 'numPartitions', declared: 3, actual: 2 },
        { topic, field: 'replicationFactor', declared: 2, actual: 1 },
        { topic, field: 'configEntries.retention.ms', declared: '3600000', actual: '1000' },
      ]);
      assert.equal(await partitions(topic), 2);
      assert.equal((await topicConfig(brokers, topic))['retention.ms'], '1000');
    });

    it('creates nothing with validateOnly, and lets the broker judge', async () => {
      const topic = freshName('setup');
      const fine = await run({ client, topic, setup: { ...least, validateOnly: true } }, '--json');
      assert.equal(fine.code, 0, all(fine));
      const result = { topicCreated: false, schemaRegistered: false };
      assert.deepEqual(answerIn(fine.stdout), { success: true, data: { result } });
      const wrong = await run({
        client,
        topic,
        setup: { ...least, replicationFactor: 99, validateOnly: true },
      });
      assert.notEqual(wrong.code, 0);
      assert.match(all(wrong), /INVALID_REPLICATION_FACTOR/);
      assert.equal(await partitions(topic), undefined);
    });

    it("shows the broker's reason for more replicas than brokers", async () => {
      const topic = freshName('setup');
      const result = await run({ client, topic, setup: { ...least, replicationFactor: 99 } });
      assert.notEqual(result.code, 0);
      assert.match(
        all(result),
        /INVALID_REPLICATION_FACTOR \(.*target replication factor of 99 cannot be reached because only 1 broker/,
      );
      assert.doesNotMatch(all(result), /setup: ok/);
      assert.equal(await partitions(topic), undefined);
    });

    it('warns of a rule and a dead letter whose topics it does not cover', async () => {
      const { brokers } = await sharedBroker();
      const topic = freshName('setup');
      const mapping = { order: { complete: { settings: { topic: 'uncovered-orders' } } } };
      const settings = { kafka: { brokers, topic, client }, deadLetter: { topic: 'uncovered-dead' } };
      const result = await run({ client, topic, setup: least, more: { mapping, settings } });
      assert.equal(result.code, 0, all(result));
      assert.match(
        all(result),
        /mapping\.order\.complete\.settings\.topic: points at topic "uncovered-orders"/,
      );
      assert.match(all(result), /settings\.deadLetter\.topic: points at topic "uncovered-dead"/);
      assert.equal(await partitions('uncovered-orders'), undefined);
    });
  });
}

describe('walkeros setup', { concurrency: 2 }, () => {
  const client = 'platformatic';

  for (const setup of [false, undefined]) {
    it(`does nothing when config.setup is ${setup}`, async () => {
      const topic = freshName('setup');
      const result = await run({ client, topic, setup });
      assert.equal(result.code, 0, all(result));
      assert.match(all(result), /setup: skipped destination\.kafka/);
      assert.equal(await partitions(topic), undefined);
    });
  }

  for (const setup of [true, {}, { numPartitions: 3 }, { replicationFactor: 1 }]) {
    it(`refuses ${JSON.stringify(setup)} with the required fields`, async () => {
      const topic = freshName('setup');
      const result = await run({ client, topic, setup });
      assert.notEqual(result.code, 0);
      assert.match(
        all(result),
        /Required are numPartitions and replicationFactor: Kafka has no safe default for either\./,
      );
      assert.equal(await partitions(topic), undefined);
    });
  }

  it('says that no broker is there', async () => {
    const settings = { kafka: { brokers: ['127.0.0.1:1'], topic: 'any' } };
    const result = await run({ client, topic: 'any', setup: least, more: { settings } });
    assert.notEqual(result.code, 0);
    assert.match(all(result), /Cannot reach Kafka at 127\.0\.0\.1:1: connect ECONNREFUSED/);
  });

  describe('without rights', () => {
    let kafka: AclKafka;
    before(async () => {
      kafka = await startAclKafka();
    });
    after(() => kafka.cluster.stop());

    for (const kind of ['platformatic', 'kafkajs']) {
      it(`names the operations to grant, on ${kind}`, async () => {
        const topic = freshName('setup');
        const settings = { kafka: { brokers: [kafka.login], topic, client: kind, sasl: kafka.sasl } };
        const result = await run({ client: kind, topic, setup: least, more: { settings } });
        assert.notEqual(result.code, 0);
        const grant = (operation: string): string =>
          `Grant the ACL operation ${operation} on topic "${topic}"`;
        assert.ok(all(result).includes(`${grant('CREATE')} or on the cluster.`), all(result));
        assert.ok(all(result).includes(`${grant('DESCRIBE')}.`), all(result));
        assert.doesNotMatch(all(result), /hush|setup: ok/);
      });
    }
  });

  describe('with a registry', async () => {
    const options = { skip: (await registryMissing()) ?? false };
    let registry: RunningRegistry | undefined;
    before(async () => {
      if (options.skip === false) registry = await startRegistry();
    });
    after(() => registry?.stop());

    it('registers, registers nothing twice, and fails on an incompatible schema', options, async () => {
      const topic = freshName('setup');
      const schema = (type: string) => ({ type: 'record', name: 'Event', fields: [{ name: 'id', type }] });
      const schemaRegistry = {
        url: registry?.url,
        subject: `${topic}-value`,
        schemaType: 'AVRO',
        schema: schema('string'),
        compatibility: 'BACKWARD',
      };
      const again = await command({ client, topic, setup: { ...least, schemaRegistry } }, '--json');
      for (const isNew of [true, false]) {
        const { code, stdout, stderr } = await again();
        assert.equal(code, 0, stderr);
        const result = { topicCreated: isNew, schemaRegistered: isNew };
        assert.deepEqual(answerIn(stdout), { success: true, data: { result } });
      }
      const changed = { ...least, schemaRegistry: { ...schemaRegistry, schema: schema('int') } };
      const refused = await run({ client, topic, setup: changed });
      assert.notEqual(refused.code, 0);
      assert.match(all(refused), /HTTP 409: .*reader type: INT not compatible with writer type: STRING/);
    });
  });
});
