import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { flowFolder, walkeros } from './support/cli.ts';
import { project } from './support/project.ts';

interface Verdict {
  readonly code: number | null;
  readonly valid: boolean;
  readonly errors: readonly { readonly path: string; readonly message: string }[];
  /** The files of our package that the CLI read. */
  readonly asked: readonly string[];
}

/** What `walkeros validate --path destinations.kafka` says of `settings`, with the installed package's walkerOS.json. */
async function validateSettings(settings: unknown): Promise<Verdict> {
  const { folder } = await project();
  const cwd = await flowFolder({
    destinations: { kafka: { package: 'walkeros-destination-kafka', config: { settings } } },
  });
  const env = {
    TEST_PACKAGE_FOLDER: join(folder, 'node_modules', 'walkeros-destination-kafka'),
    TEST_ASKED_FILE: join(cwd, 'asked'),
  };
  const nodeArgs = ['--import', join(import.meta.dirname, 'support', 'cdn.ts')];
  const args = ['validate', '--path', 'destinations.kafka', '--json', 'flow.json'];
  const { code, stdout } = await walkeros(args, { cwd, env, nodeArgs });
  const { valid, errors } = JSON.parse(stdout) as Pick<Verdict, 'valid' | 'errors'>;
  const asked = readFileSync(env.TEST_ASKED_FILE, 'utf8').trim().split('\n');
  return { code, valid, errors: errors.map(({ path, message }) => ({ path, message })), asked };
}

describe('walkeros validate', { concurrency: 2 }, () => {
  it('accepts the least that is needed, by the walkerOS.json of the package', async () => {
    const verdict = await validateSettings({ kafka: { brokers: ['kafka1:9092'], topic: 'events' } });
    assert.deepEqual(verdict, {
      code: 0,
      valid: true,
      errors: [],
      asked: ['package.json', 'dist/walkerOS.json'],
    });
  });

  it('accepts every setting of the contract', async () => {
    const { valid, errors } = await validateSettings({
      kafka: {
        brokers: ['kafka1:9092', 'kafka2:9092'],
        clientId: 'shop',
        ssl: { rejectUnauthorized: false },
        sasl: { mechanism: 'scram-sha-512', username: 'shop', password: '$env.KAFKA_PASSWORD' },
        connectionTimeout: 1000,
        requestTimeout: 30000,
        topic: 'events',
        acks: -1,
        timeout: 30000,
        compression: 'zstd',
        idempotent: true,
        allowAutoTopicCreation: false,
        key: 'user.id',
        headers: { team: 'web' },
        retry: { maxRetryTime: 30000, initialRetryTime: 300, retries: 5 },
        client: 'kafkajs',
      },
    });
    assert.deepEqual({ valid, errors }, { valid: true, errors: [] });
  });

  it('accepts references to the environment, which are resolved later', async () => {
    const { errors } = await validateSettings({
      kafka: { brokers: ['$env.KAFKA_BROKER'], topic: '$env.KAFKA_TOPIC' },
    });
    assert.deepEqual(errors, []);
  });

  it('refuses bad settings, each with its place', async () => {
    const kafka = {
      brokers: [],
      topik: 'events',
      acks: 2,
      compression: 'brotli',
      timeout: 'soon',
      headers: { a: 1 },
      sasl: { mechanism: 'md5' },
    };
    const { code, valid, errors } = await validateSettings({ kafka });
    assert.deepEqual({ code, valid }, { code: 1, valid: false });
    assert.deepEqual(errors, [
      { path: '/kafka', message: "must have required property 'topic'" },
      { path: '/kafka', message: 'must NOT have additional properties' },
      { path: '/kafka/brokers', message: 'must NOT have fewer than 1 items' },
      { path: '/kafka/sasl/mechanism', message: 'must be equal to one of the allowed values' },
      { path: '/kafka/acks', message: 'must be equal to one of the allowed values' },
      { path: '/kafka/timeout', message: 'must be integer' },
      { path: '/kafka/compression', message: 'must be equal to one of the allowed values' },
      // Text, or one of the forms of a mapping value: the validator of walkerOS tells of each.
      { path: '/kafka/headers/a', message: 'must be string' },
      { path: '/kafka/headers/a', message: 'must be object' },
      { path: '/kafka/headers/a', message: 'must be array' },
      { path: '/kafka/headers/a', message: 'must match a schema in anyOf' },
      { path: '/kafka/headers/a', message: 'must match a schema in anyOf' },
    ]);
  });

  it('refuses settings without kafka', async () => {
    const { code, errors } = await validateSettings({});
    assert.equal(code, 1);
    assert.deepEqual(errors, [{ path: '/', message: "must have required property 'kafka'" }]);
  });

  it('accepts a whole flow that names the package', async () => {
    const cwd = await flowFolder({
      destinations: {
        kafka: {
          package: 'walkeros-destination-kafka',
          config: {
            settings: { kafka: { brokers: ['kafka1:9092'], topic: 'events' } },
            mapping: { order: { complete: { settings: { topic: 'orders', key: 'data.id' } } } },
          },
        },
      },
    });
    const { code, stdout } = await walkeros(['validate', '--strict', '--json', 'flow.json'], { cwd });
    const { errors, warnings } = JSON.parse(stdout) as { errors: unknown[]; warnings: unknown[] };
    assert.deepEqual({ code, errors, warnings }, { code: 0, errors: [], warnings: [] });
  });
});
