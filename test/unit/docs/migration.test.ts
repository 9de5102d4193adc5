import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { getByPath } from '@walkeros/core';
import { Partitioners } from 'kafkajs';
import { partitionOf } from '../../../src/protocol/partitioner.ts';
import { fieldsOf } from '../../../src/config/fields.ts';
import { resolveSetup } from '../../../src/config/resolve-setup.ts';
import { resolveOptions, type Options } from '../../../src/config/resolve.ts';
import { settingsSchema } from '../../../src/config/schema.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { blocksIn, textOf } from '../../support/docs/pages.ts';
import { fenced } from '../../support/docs/fenced.ts';
import { filledSettings } from '../../support/docs/filled-settings.ts';

interface Flow {
  readonly flows: {
    readonly default: {
      config: { readonly bundle: { readonly packages: Readonly<Record<string, unknown>> } };
      readonly destinations: {
        readonly kafka: {
          package: string;
          readonly config: {
            settings: Record<string, unknown>;
            setup: Record<string, unknown>;
            readonly mapping: unknown;
          };
        };
      };
    };
  };
}

const [before = '', after = '', refused = ''] = fenced('migration.md', 'json');
const flow = (text: string): Flow => JSON.parse(text) as Flow;
const destination = (text: string) => flow(text).flows.default.destinations.kafka;

/** What is said of a destination at its start and at its setup. */
function warnings({ config }: ReturnType<typeof destination>): { options: Options; said: string[] } {
  const { settings, setup, mapping } = config;
  const { options, warnings } = resolveOptions(filledSettings(settings), { mapping, environment: {} });
  const provisioned = resolveSetup(setup, options, { id: 'kafka', mapping });
  return { options, said: [...warnings, ...(provisioned?.warnings ?? [])] };
}

/**
 * `KafkaSettings` of the public package's index.d.ts, 4.6.1, with the defaults that it or kafkajs gives them; and
 * `oauthBearerProvider`, which is in no type and reaches kafkajs all the same.
 */
const there: Readonly<Record<string, unknown>> = {
  'kafka.brokers': undefined,
  'kafka.topic': undefined,
  'kafka.clientId': 'walkeros',
  'kafka.ssl': undefined,
  'kafka.sasl.mechanism': undefined,
  'kafka.sasl.username': undefined,
  'kafka.sasl.password': undefined,
  'kafka.sasl.accessKeyId': undefined,
  'kafka.sasl.secretAccessKey': undefined,
  'kafka.sasl.sessionToken': undefined,
  'kafka.sasl.authorizationIdentity': undefined,
  'kafka.sasl.oauthBearerProvider': undefined,
  'kafka.connectionTimeout': 1000,
  'kafka.requestTimeout': 30000,
  'kafka.acks': -1,
  'kafka.timeout': 30000,
  'kafka.compression': 'gzip',
  'kafka.idempotent': false,
  'kafka.allowAutoTopicCreation': false,
  'kafka.key': undefined,
  'kafka.headers': undefined,
  'kafka.retry.maxRetryTime': 30000,
  'kafka.retry.initialRetryTime': 300,
  'kafka.retry.retries': 5,
  'kafka._producer': undefined,
};

describe('docs/migration.md', () => {
  it('shows a flow that runs here with nothing changed but the package', () => {
    const { options, said } = warnings(destination(before));
    assert.equal(options.topic, 'walkeros-events');
    assert.equal(options.retry.retries, 8);
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /points at topic "orders", which setup does not cover/);
  });

  it('shows a flow after the change that nobody warns about', () => {
    const { options, said } = warnings(destination(after));
    assert.deepEqual(said, []);
    assert.deepEqual(options.deadLetter, { topic: 'walkeros-events-dead' });
  });

  it('changes the package, and adds what it says it adds', () => {
    const changed = flow(after);
    const { config, destinations } = changed.flows.default;
    const { settings, setup } = destinations.kafka.config;
    assert.deepEqual(Object.keys(config.bundle.packages), [destinations.kafka.package]);
    destinations.kafka.package = '@walkeros/server-destination-kafka';
    changed.flows.default.config = flow(before).flows.default.config;
    destinations.kafka.config.settings = { kafka: settings.kafka };
    const { topics, ...setupThere } = setup;
    destinations.kafka.config.setup = setupThere;
    assert.ok(settings.deadLetter && settings.spool && topics);
    assert.deepEqual(changed, flow(before));
  });

  it('goes through every setting there is there, and none is missing here but the one it names', () => {
    const rows = textOf('docs/migration.md').split('## Setting by setting')[1]?.split('\n\n')[1] ?? '';
    const named = [...rows.matchAll(/^\| `([\w.]+)` +\| ([^|]+?) +\|/gm)].map(([, name = '', here = '']) => ({
      name,
      here,
    }));
    assert.deepEqual(
      named.map(({ name }) => name),
      Object.keys(there),
    );
    const ours = fieldsOf(settingsSchema).map(({ path }) => path.join('.'));
    assert.deepEqual(
      named.filter(({ name }) => !ours.includes(name)),
      [{ name: 'kafka._producer', here: '–' }],
    );
  });

  it('has the same defaults', () => {
    const parsed = settingsSchema.parse({ kafka: { brokers: ['kafka1:9092'], topic: 'events' } });
    for (const [path, value] of Object.entries(there)) {
      if (value !== undefined) assert.equal(getByPath(parsed, path), value, path);
    }
  });

  it('keys stay in their partitions', () => {
    const choose = Partitioners.DefaultPartitioner();
    const partitionMetadata = Array.from({ length: 12 }, (_, partitionId) => ({
      partitionId,
      leader: 1,
      partitionErrorCode: 0,
      replicas: [1],
      isr: [1],
    }));
    const keys = ['page_view', 's3ss10n', 'größe', '7', 'c0ffee'];
    const places = keys.map((key) =>
      choose({ topic: 'events', partitionMetadata, message: { key, value: '' } }),
    );
    assert.deepEqual(
      keys.map((key) => partitionOf(Buffer.from(key), 12)),
      places,
    );
    assert.equal(places[2], 8);
  });

  it('shows what is said of settings that are refused now', () => {
    assert.throws(
      () => resolveOptions(JSON.parse(refused), { environment: {} }),
      (error) => error instanceof KafkaError && error.message === fenced('migration.md', 'text')[0]?.trim(),
    );
  });

  it('shows the same code before and after, but for the names', () => {
    const blocks = blocksIn('docs/migration.md', textOf('docs/migration.md'));
    const [before, after] = blocks.filter(({ language }) => language === 'ts');
    assert.ok(before && after);
    assert.equal(
      before.text
        .replace('@walkeros/server', 'walkeros')
        .replace(/\bDestinationKafka(?:\.Settings)?/g, 'Settings'),
      after.text,
    );
  });
});
