import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { describe, it } from 'node:test';
import { resolveSetup } from '../../../src/config/resolve-setup.ts';
import { resolveOptions } from '../../../src/config/resolve.ts';
import type { Setup } from '../../../src/types.ts';
import { KafkaError } from '../../../src/model/errors.ts';

const kafka = { brokers: ['kafka1:9092'], topic: 'events' };
const { options } = resolveOptions({ kafka });
const least: Setup = { numPartitions: 6, replicationFactor: 3 };
const schemaRegistry = {
  url: 'https://registry:8081',
  subject: 'events-value',
  schemaType: 'AVRO',
  schema: '"string"',
} as const;

function resolve(setup: unknown, context: { id?: string; mapping?: unknown } = {}) {
  return resolveSetup(setup, options, { id: 'kafka', ...context });
}

function refusal(setup: unknown): string[] {
  try {
    resolve(setup);
  } catch (error) {
    assert.ok(error instanceof KafkaError && error.code === 'SETTINGS_INVALID');
    return error.message.split('\n');
  }
  return [];
}

const requirement =
  'Required are numPartitions and replicationFactor: Kafka has no safe default for either. For example: "setup": { "numPartitions": 6, "replicationFactor": 3 }';

describe('config.setup', () => {
  it('asks for nothing when it is false or absent', () => {
    assert.equal(resolve(false), undefined);
    assert.equal(resolve(undefined), undefined);
  });

  it('is refused as true, with the required fields', () => {
    assert.deepEqual(refusal(true), [
      `walkeros setup destination.kafka cannot run: config.setup is true, which says too little. ${requirement}`,
    ]);
  });

  it('is refused without a required field, with the list of them', () => {
    const partitions =
      'setup.numPartitions: is missing, and there is no safe default: it bounds how many consumers can share the topic, and to raise it later moves keys to other partitions; write a whole number, for example 6';
    const replicas =
      'setup.replicationFactor: is missing, and there is no safe default: it decides how many brokers may be lost before events are, and 1 means none; write a whole number, for example 3';
    const title = (count: string) => `walkeros setup destination.kafka cannot run: ${count} in config.setup`;
    assert.deepEqual(refusal({}), [title('2 problems'), partitions, replicas, requirement]);
    assert.deepEqual(refusal({ numPartitions: 6 }), [title('1 problem'), replicas, requirement]);
    assert.deepEqual(refusal({ replicationFactor: 3 }), [title('1 problem'), partitions, requirement]);
  });

  const problems: [what: string, setup: object, line: string][] = [
    ['broker defaults', { replicationFactor: -1 }, 'setup.replicationFactor: must be 1 or more'],
    [
      'numbers from the environment',
      { numPartitions: '6' },
      'setup.numPartitions: must be a whole number, not text ($env always gives text: write the value itself)',
    ],
    [
      'no topic name',
      { topic: 'my topic' },
      'setup.topic: "my topic" is no topic name: Kafka allows letters (a-z, A-Z), digits, ".", "_" and "-"',
    ],
    [
      'a misspelt name',
      { numPartition: 6 },
      'setup.numPartition: unknown setting: did you mean "numPartitions"?',
    ],
    [
      'nested entries',
      { configEntries: { a: {} } },
      'setup.configEntries.a: must be text, a number, true or false',
    ],
    [
      'no name of a topic in topics',
      { topics: { '..': {} } },
      'setup.topics[".."]: ".." is no topic name: Kafka reserves "." and ".."',
    ],
    [
      'an unknown name in topics',
      { topics: { orders: { replicas: 3 } } },
      'setup.topics.orders.replicas: unknown setting: known here are numPartitions, replicationFactor, configEntries, compatibility',
    ],
    [
      'a registry that is no URL',
      { schemaRegistry: { ...schemaRegistry, url: 'registry:8081' } },
      'setup.schemaRegistry.url: must begin with http:// or https://',
    ],
    [
      'a password in the URL',
      { schemaRegistry: { ...schemaRegistry, url: ['https://a:8081', 'https://me:pw@b:8081'] } },
      'setup.schemaRegistry.url[1]: holds a user name or password: put those into auth',
    ],
    [
      'a registry without a schema',
      { schemaRegistry: { ...schemaRegistry, schema: undefined } },
      'setup.schemaRegistry.schema: is missing: write the schema, as text or (AVRO, JSON) as an object',
    ],
    [
      'half a login',
      { schemaRegistry: { ...schemaRegistry, auth: { username: 'me' } } },
      'setup.schemaRegistry.auth: needs username and password, or a bearer token: token, oauth, or in code an oauthBearerProvider',
    ],
    [
      'an authority that is not there',
      { schemaRegistry: { ...schemaRegistry, ssl: { ca: '/nowhere/ca.pem' } } },
      'setup.schemaRegistry.ssl.ca: is neither PEM text ("-----BEGIN …") nor the path of a file that can be read (ENOENT)',
    ],
    [
      'an unknown compatibility',
      { schemaRegistry: { ...schemaRegistry, compatibility: 'BACKWARDS' } },
      'setup.schemaRegistry.compatibility: "BACKWARDS" is not one of "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE", "NONE": did you mean "BACKWARD"?',
    ],
  ];
  for (const [what, setup, line] of problems) {
    it(`is refused with ${what}`, () => assert.equal(refusal({ ...least, ...setup })[1], line));
  }

  it('takes the topic of the settings, and entries as text', () => {
    const configEntries = { 'retention.ms': 604800000, preallocate: false, 'cleanup.policy': 'compact' };
    assert.deepEqual(resolve({ ...least, configEntries })?.plan, {
      topics: [
        {
          name: 'events',
          numPartitions: 6,
          replicationFactor: 3,
          configEntries: { 'retention.ms': '604800000', preallocate: 'false', 'cleanup.policy': 'compact' },
        },
      ],
      schema: undefined,
      values: [],
      validateOnly: false,
    });
  });

  it('gives each of topics what it leaves out, the main one first', () => {
    const configEntries = { 'retention.ms': '5' };
    const topics = {
      dead: { numPartitions: 1, configEntries: {} },
      events: { replicationFactor: 2 },
      orders: {},
    };
    assert.deepEqual(resolve({ ...least, configEntries, topics })?.plan.topics, [
      { name: 'events', numPartitions: 6, replicationFactor: 2, configEntries },
      { name: 'dead', numPartitions: 1, replicationFactor: 3, configEntries: {} },
      { name: 'orders', numPartitions: 6, replicationFactor: 3, configEntries },
    ]);
  });

  /** setup then ended with a TypeError where the topic was there. */
  it('takes what is undefined for left out', () => {
    const configEntries = { 'retention.ms': '5' };
    const topics = { orders: { numPartitions: undefined, configEntries: undefined } };
    assert.deepEqual(resolve({ ...least, configEntries, topics })?.plan.topics[1], {
      ...{ name: 'orders', numPartitions: 6, replicationFactor: 3, configEntries },
    });
  });

  it('takes a contract as schema, and names what it does not determine', () => {
    const contract = (sku: object) => ({ properties: { data: { properties: { sku } } } });
    const declared = (sku: object) => ({
      ...least,
      schemaRegistry: { ...schemaRegistry, schema: contract(sku) },
    });
    assert.match(resolve(declared({ type: 'string' }))?.plan.schema?.schema ?? '', /"name":"Data"/);
    assert.deepEqual(refusal(declared({})).slice(1), [
      'setup.schemaRegistry.schema: is a contract that cannot be written as AVRO: data.sku has no type',
    ]);
  });

  it('takes a schema as an object, and keeps the login to itself', () => {
    const auth = { username: 'me', password: 'hush' };
    const schema = { type: 'record', name: 'Event', fields: [] };
    const setup: Setup = {
      ...least,
      schemaRegistry: { ...schemaRegistry, schema, auth, ssl: { passphrase: 'hush' } },
    };
    const plan = resolve(setup)?.plan.schema;
    assert.equal(plan?.schema, '{"type":"record","name":"Event","fields":[]}');
    assert.equal(
      plan.registry.auth && 'password' in plan.registry.auth && plan.registry.auth.password.reveal(),
      'hush',
    );
    assert.deepEqual([plan.registry.urls, plan.registry.timeout], [['https://registry:8081'], 10_000]);
    assert.doesNotMatch(inspect(plan, { depth: 9 }) + JSON.stringify(plan), /hush/);
  });

  describe('schemas of values', () => {
    const url = 'https://registry:8081';
    const value = { format: 'avro', registry: { url } };
    const mapping = {
      order: { complete: { settings: { topic: 'orders', value: { schema: '"string"' } } } },
      page: { view: { settings: { topic: 'pages', value: { format: 'json' } } } },
    };
    const plan = (setup: Partial<Setup>) =>
      resolveSetup({ ...least, ...setup }, resolveOptions({ kafka, value }, { mapping }).options, {
        id: 'kafka',
        mapping,
      });

    it('are those of each topic that is written with one, with the level of its topic', () => {
      const topics = { orders: { compatibility: 'FULL' }, pages: {} } as const;
      const { plan: { values = [] } = {}, warnings } = plan({ compatibility: 'BACKWARD', topics }) ?? {};
      assert.deepEqual(
        values.map(({ topic, value: { schema, registry }, compatibility }) => ({
          ...{ topic, schema, path: registry.setting, urls: registry.urls, compatibility },
        })),
        [
          {
            ...{ topic: 'events', schema: undefined, path: 'settings.value.registry' },
            ...{ urls: [url], compatibility: 'BACKWARD' },
          },
          {
            ...{ topic: 'orders', schema: '"string"', path: 'settings.value.registry' },
            ...{ urls: [url], compatibility: 'FULL' },
          },
        ],
      );
      assert.deepEqual(warnings, []);
    });

    it('leave a level without effect where there are none', () => {
      const idle =
        'has no effect: no event is written with a schema there; remove it, or set settings.value.format';
      const topics = { orders: {}, pages: { compatibility: 'NONE' } } as const;
      assert.deepEqual(plan({ topics })?.warnings, [`setup.topics.pages.compatibility: ${idle}`]);
      assert.deepEqual(resolve({ ...least, compatibility: 'FULL' })?.warnings, [
        `setup.compatibility: ${idle}`,
      ]);
    });
  });

  it('warns of a certificate that is not checked', () => {
    const setup = { ...least, schemaRegistry: { ...schemaRegistry, ssl: { rejectUnauthorized: false } } };
    assert.deepEqual(resolve(setup)?.warnings, [
      'setup.schemaRegistry.ssl.rejectUnauthorized: is false: the registry\'s certificate is not checked, so anyone on the way can pose as the registry and say what values are written with; give the authority that signed it as "ca" instead',
    ]);
  });

  it('warns of a login in clear text', () => {
    const auth = { username: 'me', password: 'hush' };
    const setup = { ...least, schemaRegistry: { ...schemaRegistry, url: 'http://registry:8081', auth } };
    assert.deepEqual(resolve(setup)?.warnings, [
      'setup.schemaRegistry.url: is http: the password crosses the network in clear text; use https',
    ]);
  });

  describe('topics that it does not cover', () => {
    const rule = (topic: string) => ({ settings: { topic } });
    const mapping = {
      order: { complete: rule('orders'), '*': [rule('events'), rule('orders')] },
      page: { view: rule('pages') },
    };

    it('are a warning each, with the rules that name them', () => {
      const context = { id: 'kafka', mapping };
      const { warnings } = resolveSetup(least, { ...options, deadLetter: { topic: 'dead' } }, context) ?? {};
      const rest =
        'which setup does not cover: it is neither created nor checked; add it to setup.topics, for example';
      assert.deepEqual(warnings, [
        `mapping.order.complete.settings.topic, mapping.order["*"][1].settings.topic: points at topic "orders", ${rest} { "orders": {} }`,
        `mapping.page.view.settings.topic: points at topic "pages", ${rest} { "pages": {} }`,
        `settings.deadLetter.topic: points at topic "dead", ${rest} { "dead": {} }`,
      ]);
    });

    it('are none where all are listed', () => {
      assert.deepEqual(resolve({ ...least, topics: { orders: {}, pages: {} } }, { mapping })?.warnings, []);
    });

    it('are those of the settings when setup names another topic', () => {
      assert.match(
        resolve({ ...least, topic: 'other' })?.warnings[0] ?? '',
        /^settings\.kafka\.topic: points at topic "events"/,
      );
    });
  });
});
