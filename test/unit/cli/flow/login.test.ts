import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { configuredDestination } from '../../../../src/cli/flow/configured.ts';
import { readLogin } from '../../../../src/cli/flow/login.ts';
import { KafkaError } from '../../../../src/model/errors.ts';
import { flowFile } from '../../../cli/support/run.ts';
import { blocksFor } from '../../../support/docs/claims.ts';
import { tempFolder } from '../../../support/temp.ts';

const folder = tempFolder();
const secret = 's3cret-of-ops';

function file(content: unknown): string {
  const path = join(mkdtempSync(join(folder, 'login-')), 'ops.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** The connection of a flow, with the login. */
async function connectionWith(kafka: object, login: object, environment: Record<string, string> = {}) {
  const flow = { brokers: ['kafka1:9093'], topic: 'events', ...kafka };
  const path = flowFile(folder, { settings: { kafka: flow } });
  const read = await readLogin(file({ kafka: login }), environment);
  return (await configuredDestination({ path, destination: undefined, environment, login: read, note }))
    .options;
}

const note = (line: string): void => assert.fail(line);

const plain = (username: string, password: string) => ({ mechanism: 'plain', username, password });

async function messageOf(work: Promise<unknown>): Promise<string> {
  const thrown: unknown = await work.then(
    () => 'nothing was thrown',
    (failure: unknown) => failure,
  );
  assert.ok(thrown instanceof KafkaError, String(thrown));
  assert.equal(thrown.code, 'SETTINGS_INVALID');
  assert.ok(!thrown.message.includes(secret), thrown.message);
  return thrown.message.replace(/\/\S*\/(?=ops\.json)/g, '');
}

describe('a login file', () => {
  it('replaces the settings that it has, whole, and no others', async () => {
    const kafka = {
      ssl: { servername: 'kafka1' },
      sasl: plain('flow', 'x'),
      clientId: 'flow',
      compression: 'zstd',
    };
    const login = { brokers: ['bastion:9093'], clientId: 'ops', sasl: plain('ops', '$env.OPS_PASSWORD') };
    const options = await connectionWith(kafka, login, { OPS_PASSWORD: secret });
    const { brokers, clientId, sasl, tls, compression } = options.connection;
    assert.deepEqual(
      [options.topic, brokers, clientId, compression],
      ['events', ['bastion:9093'], 'ops', 'zstd'],
    );
    assert.ok(sasl && 'username' in sasl && sasl.username === 'ops');
    assert.ok(tls);
  });

  it('is as docs/operations.md shows it', async () => {
    const environment = { USER: 'ops', KAFKA_PASSWORD: secret, OPS_PASSWORD: secret };
    const sasl = { mechanism: 'scram-sha-512', username: 'ops', password: secret };
    const logins = blocksFor(import.meta.filename).map(({ text }) => readLogin(file(text), environment));
    assert.deepEqual(
      (await Promise.all(logins)).map((login) => login?.kafka),
      [{ sasl }, { sasl }],
    );
  });

  it('takes a login away with sasl null, and TLS with ssl false', async () => {
    const kafka = { ssl: { servername: 'kafka1' }, sasl: plain('flow', 'x') };
    const { connection } = await connectionWith(kafka, { sasl: null, ssl: false });
    assert.deepEqual([connection.sasl, connection.tls], [undefined, undefined]);
  });

  /** Operators have a login of their own so that they need not have the flow's secrets. */
  it('needs no variable of what it replaces', async () => {
    const kafka = { sasl: plain('flow', '$env.FLOW_PASSWORD') };
    const options = await connectionWith(kafka, { sasl: plain('ops', secret) });
    assert.ok(options.connection.sasl && 'username' in options.connection.sasl);
  });

  const refused: readonly (readonly [what: string, content: unknown, message: RegExp | string])[] = [
    [
      'no JSON',
      `{ "kafka": { "sasl": "${secret}, } }`,
      'The login file ops.json cannot be used: it is no JSON (line 1, column 41).',
    ],
    [
      'a list',
      [],
      'The login file ops.json cannot be used: 1 problem\nmust be an object: { "kafka": { "sasl": { "mechanism": "plain", … } } }',
    ],
    [
      'nothing in it',
      {},
      'The login file ops.json cannot be used: 1 problem\nkafka: must be an object, for example { "sasl": { "mechanism": "plain", … } }',
    ],
    [
      'settings one level off',
      { sasl: plain('ops', secret) },
      /^sasl: unknown setting here: it belongs to kafka\.sasl$/m,
    ],
    [
      "a setting that stays the flow's",
      { kafka: { topic: 'others' } },
      'The login file ops.json cannot be used: 1 problem\nkafka.topic: unknown setting: known here are brokers, clientId, ssl, sasl, client, connectionTimeout, requestTimeout',
    ],
    [
      'a mechanism that there is not',
      { kafka: { sasl: { ...plain('ops', secret), mechanism: 'scram' } } },
      /^kafka\.sasl\.mechanism: "scram" is not one of "plain", /m,
    ],
    [
      'a variable that is not set',
      { kafka: { sasl: plain('ops', '$env.OPS_PASSWORD') } },
      'The login file ops.json cannot be used: 1 problem\nkafka.sasl.password: takes the environment variable OPS_PASSWORD, which is not set',
    ],
  ];
  for (const [what, content, message] of refused) {
    it(`is refused, by name and without its secrets: ${what}`, async () => {
      const found = await messageOf(readLogin(file(content), {}));
      if (typeof message === 'string') assert.equal(found, message);
      else assert.match(found, message);
    });
  }

  it('that is not there is named', async () => {
    assert.equal(
      await messageOf(readLogin(join(folder, 'ops.json'), {})),
      'The login file ops.json cannot be used: there is no such file. Name the login.json to take.',
    );
  });

  it('is checked together with the flow, and problems name the file that has the setting', async () => {
    const login = { sasl: { mechanism: 'plain', username: 'ops' } };
    const path = flowFile(folder, { settings: { kafka: { brokers: ['kafka1:9093'], topic: 'a b' } } });
    const read = await readLogin(file({ kafka: login }), {});
    const message = await messageOf(
      configuredDestination({ path, destination: undefined, environment: {}, login: read, note }),
    );
    assert.deepEqual(
      read
        ?.inItsWords(message)
        .replace(/\/\S*\/(?=ops\.json)/g, '')
        .split('\n'),
      [
        'The Kafka destination cannot start: 2 problems in its settings',
        'settings.kafka.topic: "a b" is no topic name: Kafka allows letters (a-z, A-Z), digits, ".", "_" and "-"',
        'kafka.sasl.password in ops.json: is missing: "plain" logs in with username and password',
      ],
    );
    assert.equal(read?.inItsWords('Check settings.kafka.sasl.').endsWith('ops.json.'), true);
    assert.equal(read?.inItsWords('settings.kafka.saslx'), 'settings.kafka.saslx');
  });
});
