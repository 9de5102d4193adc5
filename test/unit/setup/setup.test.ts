import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryCluster } from '../../support/memory-cluster.ts';
import type { SetupPlan } from '../../../src/config/resolve-setup.ts';
import type { DeclaredSchema, SetupRegistry } from '../../../src/setup/schema.ts';
import { runSetup } from '../../../src/setup/setup.ts';
import type { Topics } from '../../../src/setup/topics.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import type { Compatibility, RegisteredSchema, Schema, SchemaRules } from '../../../src/model/schema.ts';
import type { TopicSpec } from '../../../src/model/cluster.ts';

const events: TopicSpec = { name: 'events', numPartitions: 3, replicationFactor: 1, configEntries: {} };
const dead: TopicSpec = { ...events, name: 'dead', numPartitions: 1 };

interface Run {
  readonly topics?: Topics;
  readonly schemas?: readonly DeclaredSchema[];
  readonly plan?: Partial<SetupPlan>;
}

async function run({ topics = createMemoryCluster().admin(), schemas = [], plan = {} }: Run) {
  const log: string[] = [];
  const logger = {
    info: (message: string) => void log.push(`INFO ${message}`),
    warn: (message: string) => void log.push(`WARN ${message}`),
  };
  const whole = { topics: [events], validateOnly: false, ...plan };
  const result = await runSetup(whole, schemas, topics, logger);
  return { result, log };
}

describe('setup of topics', () => {
  it('creates what is missing, says so in one line of JSON, and does nothing the second time', async () => {
    const topics = createMemoryCluster().admin();
    const plan = { topics: [events, dead] };
    const first = await run({ topics, plan });
    assert.deepEqual(first.result, { topicCreated: true, schemaRegistered: false });
    assert.deepEqual(first.log, [
      'INFO Created Kafka topic "events" with 3 partitions, replication factor 1.',
      'INFO Created Kafka topic "dead" with 1 partition, replication factor 1.',
      'INFO {"topicCreated":true,"schemaRegistered":false}',
    ]);
    const second = await run({ topics, plan });
    assert.deepEqual(second.result, { topicCreated: false, schemaRegistered: false });
    assert.deepEqual(second.log, [
      'INFO Kafka topic "events" is there, as declared.',
      'INFO Kafka topic "dead" is there, as declared.',
      'INFO {"topicCreated":false,"schemaRegistered":false}',
    ]);
  });

  it('warns of drift, and changes nothing', async () => {
    const cluster = createMemoryCluster({ brokers: 3 });
    cluster.createTopic('events', 2, { replicationFactor: 2, configEntries: { 'retention.ms': '1' } });
    const declared = { ...events, configEntries: { 'retention.ms': '5', 'cleanup.policy': 'delete' } };
    const { log } = await run({ topics: cluster.admin(), plan: { topics: [declared] } });
    assert.deepEqual(log, [
      'WARN setup.drift {"topic":"events","field":"numPartitions","declared":3,"actual":2}',
      'WARN setup.drift {"topic":"events","field":"replicationFactor","declared":1,"actual":2}',
      'WARN setup.drift {"topic":"events","field":"configEntries.retention.ms","declared":"5","actual":"1"}',
      'INFO {"topicCreated":false,"schemaRegistered":false}',
    ]);
    assert.deepEqual(await cluster.admin().describeTopic('events'), {
      numPartitions: 2,
      replicationFactor: 2,
    });
  });

  it('creates nothing with validateOnly', async () => {
    const topics = createMemoryCluster().admin();
    const { result, log } = await run({ topics, plan: { validateOnly: true } });
    assert.deepEqual(result, { topicCreated: false, schemaRegistered: false });
    assert.equal(log[0], 'INFO Would create Kafka topic "events" with 3 partitions, replication factor 1.');
    assert.equal(await topics.describeTopic('events'), undefined);
    const tooMany = { ...events, replicationFactor: 2 };
    await assert.rejects(run({ topics, plan: { validateOnly: true, topics: [tooMany] } }), {
      code: 'TOPIC_REFUSED',
    });
  });

  describe('without rights', () => {
    const denied = (operation: string): KafkaError => new KafkaError('NOT_AUTHORIZED', `Grant ${operation}.`);
    const allowed = createMemoryCluster().admin();
    const blind: Topics = { ...allowed, describeTopic: () => Promise.reject(denied('DESCRIBE')) };

    it('creates a topic that it may create and not see', async () => {
      const { result } = await run({ topics: blind });
      assert.equal(result.topicCreated, true);
    });

    it('asks for the right to see a topic that is there', async () => {
      await assert.rejects(run({ topics: blind }), { code: 'NOT_AUTHORIZED', message: 'Grant DESCRIBE.' });
    });

    it('asks for both rights when both are missing', async () => {
      const topics = { ...blind, createTopic: () => Promise.reject(denied('CREATE')) };
      await assert.rejects(run({ topics }), {
        code: 'NOT_AUTHORIZED',
        message: 'Grant CREATE.\nGrant DESCRIBE.',
      });
    });

    it('needs none to read the configuration where no entry is declared', async () => {
      const topics = { ...allowed, topicConfig: () => Promise.reject(denied('DESCRIBE_CONFIGS')) };
      assert.equal((await run({ topics })).result.topicCreated, false);
      const plan = { topics: [{ ...events, configEntries: { 'retention.ms': '1' } }] };
      await assert.rejects(run({ topics, plan }), { message: 'Grant DESCRIBE_CONFIGS.' });
    });
  });
});

describe('setup of a schema', () => {
  const schema = { schemaType: 'AVRO', schema: '"string"' } as const;
  const declared = { subject: 'events-value', schema, compatibility: 'FULL' } as const;

  /** @param reasons why what is compared by this subject is not compatible */
  function registry(
    kept: RegisteredSchema[] = [],
    reasons: Readonly<Record<string, string[]>> = {},
    rules?: SchemaRules,
  ) {
    const calls: string[] = [];
    const schemas: SetupRegistry = {
      find: (_, { schema: text }) => Promise.resolve(kept.find((one) => one.schema === text)),
      latest: (subject) => Promise.resolve(kept.findLast((one) => one.subject === subject)),
      register(subject: string, added: Schema) {
        calls.push(`register ${subject}`);
        const registered = { ...added, subject, id: 7, version: 1, references: [] };
        kept.push(registered);
        return Promise.resolve(registered);
      },
      incompatibilities: (subject) => Promise.resolve(reasons[subject] ?? []),
      latestRules: () => Promise.resolve(rules),
      setCompatibility(_: string, level: Compatibility) {
        calls.push(`set ${level}`);
        return Promise.resolve();
      },
    };
    return { registry: schemas, calls };
  }

  it('registers it once, and sets the compatibility afterwards', async () => {
    const { registry: schemas, calls } = registry();
    const first = await run({ schemas: [{ ...declared, registry: schemas }] });
    assert.equal(first.result.schemaRegistered, true);
    assert.ok(
      first.log.includes('INFO The schema was registered under subject "events-value", version 1, id 7.'),
    );
    const second = await run({ schemas: [{ ...declared, registry: schemas }] });
    assert.equal(second.result.schemaRegistered, false);
    assert.ok(second.log.includes('INFO The schema is there under subject "events-value", version 1, id 7.'));
    assert.deepEqual(calls, ['register events-value', 'set FULL', 'set FULL']);
  });

  // A registry gives the rules of the version before to what is registered without any: nobody heard of them.
  it('names rules that its events would be refused for, in a dry run too', async () => {
    const rule = { name: 'encryptPii', type: 'ENCRYPT', tags: ['PII'] };
    const says =
      'WARN Subject "events-value" has rules for what is written, and this destination carries out none: ' +
      '"encryptPii" (ENCRYPT of PII). Events written with it are refused, unless settings.value.ignoreRules names them.';
    for (const validateOnly of [true, false]) {
      const { registry: schemas } = registry([], {}, { onWrite: [rule], onRead: [rule] });
      const { log } = await run({ schemas: [{ ...declared, registry: schemas }], plan: { validateOnly } });
      assert.equal(log.filter((line) => line === says).length, 1, log.join('\n'));
    }
    const { registry: schemas } = registry([], {}, { onWrite: [], onRead: [rule] });
    const { log } = await run({ schemas: [{ ...declared, registry: schemas }] });
    assert.deepEqual(
      log.filter((line) => line.startsWith('WARN')),
      [],
    );
  });

  it('leaves the compatibility alone where none is declared', async () => {
    const { registry: schemas, calls } = registry();
    await run({ schemas: [{ ...declared, registry: schemas, compatibility: undefined }] });
    assert.deepEqual(calls, ['register events-value']);
  });

  it('only asks with validateOnly', async () => {
    const { registry: schemas, calls } = registry();
    const plan = { validateOnly: true };
    const { result, log } = await run({ schemas: [{ ...declared, registry: schemas }], plan });
    assert.equal(result.schemaRegistered, false);
    assert.ok(log.includes('INFO Would register a schema under subject "events-value".'));
    const refusing = registry([], { 'events-value': ['a was renamed', 'b is new'] });
    await assert.rejects(run({ schemas: [{ ...declared, registry: refusing.registry }], plan }), {
      code: 'SCHEMA_INCOMPATIBLE',
      message:
        'The schema is not compatible with what is registered under subject "events-value": a was renamed; b is new',
    });
    const invalid = { ...declared, registry: schemas, schema: { ...schema, schema: 'wrong' } };
    await assert.rejects(run({ schemas: [invalid], plan }), { code: 'SCHEMA_INVALID' });
    assert.deepEqual([...calls, ...refusing.calls], []);
  });

  it('registers none of several where one is not compatible', async () => {
    const { registry: schemas, calls } = registry([], { 'orders-value': ['id is gone'] });
    const orders = { ...declared, registry: schemas, subject: 'orders-value' };
    await assert.rejects(run({ schemas: [{ ...declared, registry: schemas }, orders] }), {
      message:
        'The schema is not compatible with what is registered under subject "orders-value": id is gone',
    });
    assert.deepEqual(calls, []);
  });

  it('registers nothing where values are written with the newest, and says whether there is one', async () => {
    const there = { ...schema, subject: 'events-value', id: 4, version: 2, references: [] };
    const { registry: schemas, calls } = registry([there]);
    const newest = { registry: schemas, schema: undefined, compatibility: undefined };
    const { result, log } = await run({
      schemas: [
        { ...newest, subject: 'events-value' },
        { ...newest, subject: 'orders-value' },
      ],
    });
    assert.equal(result.schemaRegistered, false);
    assert.deepEqual(log.slice(1, 3), [
      'INFO The schema that values are written with is under subject "events-value", version 2, id 4.',
      'WARN Subject "orders-value" has no schema, and values are written with its latest: register one, or their events are refused.',
    ]);
    assert.deepEqual(calls, []);
  });
});
