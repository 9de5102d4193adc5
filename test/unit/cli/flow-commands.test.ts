import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { freePorts } from '../../../scripts/kafka/ports.ts';
import { openSpool } from '../../../src/spool/open.ts';
import { flowFile, run } from '../../cli/support/run.ts';
import { scriptedServer, type Asked, type Reply } from '../../support/scripted-http.ts';
import { tempFolder } from '../../support/temp.ts';

const folder = tempFolder();
const [nobody = 0] = await freePorts(1);
const kafka = { brokers: [`127.0.0.1:${nobody}`], topic: 'events' };

interface Finding {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly fix?: string;
}

interface Diagnosis {
  readonly ok: boolean;
  readonly checks: readonly Finding[];
  readonly notChecked: readonly { readonly name: string; readonly reason: string }[];
}

async function diagnosis(path: string): Promise<Diagnosis> {
  const { lines, notes } = await run(['doctor', path, '--json']);
  assert.deepEqual(notes, []);
  return JSON.parse(lines.join('\n')) as Diagnosis;
}

const of = ({ checks }: Diagnosis, name: string): Finding[] => checks.filter((check) => check.name === name);

describe('a setup that is not complete', () => {
  const spool = join(folder, 'kafka.spool');
  const settings = { kafka, spool: { path: spool } };
  const setups = [
    {
      what: 'true',
      setup: true,
      says: /^walkeros setup destination\.kafka cannot run: config\.setup is true/,
    },
    {
      what: 'one that lacks something',
      setup: {
        numPartitions: 1,
        schemaRegistry: { url: 'http://r:1', subject: 's', schemaType: 'AVRO', schema: '{}' },
      },
      says: /^walkeros setup destination\.kafka cannot run: 1 problem in config\.setup: setup\.replicationFactor: .*; Required are/,
    },
    {
      what: 'a variable that is not set',
      setup: {
        numPartitions: 1,
        replicationFactor: 1,
        schemaRegistry: {
          url: 'http://r:1',
          subject: 's',
          schemaType: 'AVRO',
          schema: '{}',
          auth: { username: 'u', password: '$env.REGISTRY_PASSWORD' },
        },
      },
      says: /setup\.schemaRegistry\.auth/,
    },
  ];

  for (const { what, setup, says } of setups) {
    /** `init` never looks at it: the flow ran, and every command refused to look at its spool. */
    it(`keeps no command from its work: ${what}`, async () => {
      await (await openSpool({ path: spool, maxBytes: 1_000 }, () => undefined)).close();
      const path = flowFile(folder, { settings, setup });
      const { code, lines, notes } = await run(['spool', 'status', path]);
      assert.deepEqual([code, notes], [0, []]);
      assert.match(lines[0] ?? '', /kafka\.spool: 0 records wait/);
    });

    it(`is a warning of the doctor, which goes on: ${what}`, async () => {
      const found = await diagnosis(flowFile(folder, { settings, setup }));
      const [summary, warning, ...others] = of(found, 'settings');
      assert.equal(summary?.status, 'ok');
      assert.equal(warning?.status, 'warning');
      assert.match(warning.message, says);
      assert.match(
        warning.fix ?? '',
        /^Change it in .*flow\.json, destination "kafka"\. Only walkeros setup needs it\.$/,
      );
      assert.deepEqual(others, []);
      assert.equal(of(found, 'tcp')[0]?.status, 'failure');
      assert.equal(of(found, 'spool')[0]?.status, 'ok');
    });
  }
});

// Only doctor told of it: `spool status` looked at /var/lib/undefined/kafka.spool, and said that there is no spool.
describe('an environment variable that is not set', () => {
  const unset = { kafka, spool: { path: join(folder, '$env.STAGE', 'kafka.spool') } };

  it('is told beside the result of a command, with the setting that takes it', async () => {
    const mapping = { order: { view: { settings: { topic: 'views-$env.SHOP' } } } };
    const path = flowFile(folder, { settings: unset, mapping });
    const told = [
      `${path}: settings.spool.path takes the environment variable STAGE, which is not set here.`,
      `${path}: mapping.order.view.settings.topic takes the environment variable SHOP, which is not set here.`,
    ];
    const { notes } = await run(['spool', 'status', path]);
    assert.deepEqual(notes.slice(0, 2), told);
    assert.match(notes[2] ?? '', /undefined\/kafka\.spool" cannot be used: there is no such file/);
    assert.deepEqual((await run(['schema', 'check', path])).notes, told);
    const set = await run(['schema', 'check', path], { environment: { STAGE: 'test', SHOP: 'eu' } });
    assert.deepEqual(set.notes, []);
  });

  it('is told with what is wrong with the settings', async () => {
    const path = flowFile(folder, { settings: { ...unset, kafka: { ...kafka, topic: '$env.TOPIC' } } });
    for (const command of [
      ['spool', 'status'],
      ['schema', 'check'],
    ]) {
      const { code, notes } = await run([...command, path]);
      assert.equal(code, 1);
      assert.deepEqual(notes.join('\n').split('\n'), [
        'walkeros-kafka: The Kafka destination cannot start: 1 problem in its settings',
        'settings.kafka.topic: is missing: write the name of the topic',
        `${path}: settings.kafka.topic takes the environment variable TOPIC, which is not set here.`,
        `${path}: settings.spool.path takes the environment variable STAGE, which is not set here.`,
      ]);
    }
  });
});

describe('the schemas that a doctor asks for', () => {
  const missing: Reply = { status: 404, body: { error_code: 40401, message: 'Subject not found.' } };
  const there: Reply = { body: { id: 7, version: 1, subject: 's', schema: '{}' } };
  const comparing = '/compatibility/subjects/events-value/';
  const forbidden: Reply = { status: 403, body: { error_code: 40301, message: 'Not yours.' } };

  async function registry(answer: (asked: Asked) => Reply) {
    const server = await scriptedServer(answer);
    after(() => server.close());
    return server;
  }

  /** "answers", it said, and every event was refused with SCHEMA_MISSING. */
  it('are named where the registry does not have them, by the subject of each topic, with what to type', async () => {
    const { url } = await registry(({ path }) => (path.includes('refunds') ? there : missing));
    const value = { format: 'avro', registry: { url } };
    const rule = (topic: string) => ({ settings: { topic } });
    const mapping = { order: { complete: rule('orders'), view: rule('orders'), refund: rule('refunds') } };
    const path = flowFile(folder, { settings: { kafka, value }, mapping });
    const found = await diagnosis(path);
    const fix =
      `Declare config.setup (with useLatestVersion also its schemaRegistry) and run "walkeros setup destination.kafka --config ${path}", ` +
      'set settings.value.autoRegister, or register it by hand.';
    assert.deepEqual(of(found, 'registry'), [
      ...['events', 'orders'].map((topic) => ({
        name: 'registry',
        status: 'failure',
        message:
          `Kafka topic "${topic}": the Schema Registry does not have this schema under subject "${topic}-value". ` +
          'Register it ("walkeros setup" does, with config.setup), or set settings.value.autoRegister.',
        fix,
      })),
      { name: 'registry', status: 'ok', message: `${url}: answers` },
    ]);
  });

  it('may be missing where the first event registers them, and are not registered by the doctor', async () => {
    const { url, asked } = await registry(() => missing);
    const value = { format: 'avro', registry: { url }, autoRegister: true };
    const found = await diagnosis(flowFile(folder, { settings: { kafka, value } }));
    assert.deepEqual(
      of(found, 'registry').map(({ status }) => status),
      ['ok'],
    );
    const posted = asked.filter(({ method }) => method === 'POST').map(({ path }) => path);
    assert.deepEqual(posted, [
      '/subjects/events-value',
      `${comparing}versions?verbose=true`,
      `${comparing}versions/latest?verbose=true`,
    ]);
  });

  /** "answers", it said, and every event was refused with SCHEMA_INCOMPATIBLE. */
  it('are compared with the latest of their subject where the first event would register them', async () => {
    const { url } = await registry(({ path }) =>
      path.startsWith(comparing)
        ? { body: { is_compatible: false, messages: ['total was removed'] } }
        : missing,
    );
    const value = { format: 'avro', registry: { url }, autoRegister: true };
    const found = await diagnosis(flowFile(folder, { settings: { kafka, value } }));
    assert.deepEqual(of(found, 'registry'), [
      {
        name: 'registry',
        status: 'failure',
        message:
          'The schema is not compatible with what is registered under subject "events-value": total was removed',
        fix:
          'Make settings.value.schema compatible with what is registered, write with that ' +
          '(settings.value.useLatestVersion instead of autoRegister), or write to another topic.',
      },
    ]);
  });

  /** A registry that gives rights by subject forbade `events-value`, of which this destination never asks. */
  it('are asked for under the subject of their strategy alone', async () => {
    const { url } = await registry(({ path }) => (path.includes('events-value') ? forbidden : there));
    const value = { format: 'avro', registry: { url }, subjectNameStrategy: 'record' };
    const found = await diagnosis(flowFile(folder, { settings: { kafka, value } }));
    assert.deepEqual(
      of(found, 'registry').map(({ status }) => status),
      ['ok'],
    );
  });
});

/** A schema with a rule of encryption was "answers", and its events went out in plain text. */
describe('the rules of a schema', () => {
  it('are named by the doctor, unless they are known and not wanted', async () => {
    const ruleSet = {
      domainRules: [
        { name: 'encryptPii', kind: 'TRANSFORM', mode: 'WRITEREAD', type: 'ENCRYPT', tags: ['PII'] },
      ],
    };
    const server = await scriptedServer(() => ({ body: { id: 7, version: 3, ruleSet } }));
    after(() => server.close());
    const value = { format: 'avro', registry: { url: server.url } };
    const found = await diagnosis(flowFile(folder, { settings: { kafka, value } }));
    assert.deepEqual(of(found, 'registry'), [
      {
        name: 'registry',
        status: 'failure',
        message:
          'Kafka topic "events": the newest version of subject "events-value" has rules for what is written, and this ' +
          'destination carries out none: "encryptPii" (ENCRYPT of PII). Nothing is written without them. Name them in ' +
          'settings.value.ignoreRules where that is wanted, disable them in the registry, or write to a subject without rules.',
        fix:
          'Name the rules in settings.value.ignoreRules if values may be written without them. Otherwise disable them in the ' +
          'registry, or write to another topic, whose events a client with these rules copies.',
      },
    ]);
    const settings = { kafka, value: { ...value, ignoreRules: ['encryptPii'] } };
    assert.deepEqual(of(await diagnosis(flowFile(folder, { settings })), 'registry'), [
      { name: 'registry', status: 'ok', message: `${server.url}: answers` },
    ]);
  });
});

/** "Start the registry, or correct settings.value.registry.url": it ran, and there. */
describe('a registry that is there, and does not serve us', () => {
  const registry = (url: string) => ({ format: 'avro', registry: { url, auth: { token: 'any' } } });
  async function findings(url: string): Promise<Pick<Finding, 'message' | 'fix'>[]> {
    const mapping = { order: { complete: { settings: { topic: 'orders' } } } };
    const path = flowFile(folder, { settings: { kafka, value: registry(url) }, mapping });
    return of(await diagnosis(path), 'registry').map(({ message, fix }) => ({
      // Node 24 says more of a certificate than Node 22.
      message: message.replace(/^.*?: (?=HTTP|self)/, '').replace(/; if the root CA .*?(?=\. )/, ''),
      ...(fix !== undefined && { fix }),
    }));
  }
  async function answering(status: number, body: object): Promise<string> {
    const server = await scriptedServer(() => ({ status, body }));
    after(() => server.close());
    return server.url;
  }

  it('needs its authority', async () => {
    const file = (name: string) =>
      readFileSync(new URL(`../../contract/tls/${name}`, import.meta.url), 'utf8');
    const server = createServer({ cert: file('certificate.pem'), key: file('key.pem') });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    after(() => server.close());
    assert.deepEqual(await findings(`https://127.0.0.1:${(server.address() as AddressInfo).port}`), [
      {
        message:
          'self-signed certificate. Give the authority that signed its certificate as settings.value.registry.ssl.ca.',
        fix: "Set settings.value.registry.ssl.ca to the certificate of the authority that signed the registry's (PEM as text).",
      },
    ]);
  });

  /** "Correct the username, password or token", said once for all subjects. */
  it('does not give the right, subject by subject', async () => {
    const url = await answering(403, { error_code: 40301, message: 'Not yours.' });
    const forbidden = (subject: string) => ({
      message:
        'HTTP 403: Not yours. Check settings.value.registry.auth, and what its user may do with this subject.',
      fix:
        `Grant the user of settings.value.registry.auth the right to read subject "${subject}", and to write it where ` +
        'schemas are registered: the login itself is taken.',
    });
    assert.deepEqual(await findings(url), [forbidden('events-value'), forbidden('orders-value')]);
  });

  it('has a fault of its own', async () => {
    const url = await answering(500, { error_code: 50001, message: 'Error in the backend data store' });
    assert.deepEqual(await findings(url), [
      {
        message:
          'HTTP 500: Error in the backend data store. Check settings.value.registry.url and that the registry is up.',
        fix: "Look at the registry's log, and at that of a proxy before it: it answers, and cannot do what it is asked.",
      },
    ]);
  });
});

describe("a login that is kafkajs's alone", () => {
  const sasl = { mechanism: 'aws', authorizationIdentity: 'AROA', accessKeyId: 'AK', secretAccessKey: 'SK' };
  const settings = { kafka: { ...kafka, client: 'kafkajs', ssl: true, sasl }, deadLetter: { topic: 'dead' } };
  const path = flowFile(folder, { settings });
  const reason =
    'settings.kafka.sasl.authorizationIdentity is a login of kafkajs alone, and the commands log in with ' +
    '@platformatic/kafka: give them a copy of the flow file with brokers and sasl of a listener that takes another one.';

  /** "no rule refused authorizationIdentity", with the stack below it, and of --json no word. */
  it('ends tail and dead-letters with what to do', async () => {
    for (const words of [
      ['tail', 'events', '--flow', path],
      ['dead-letters', 'list', path],
    ]) {
      assert.deepEqual(await run(words), { code: 1, lines: [], notes: [`walkeros-kafka: ${reason}`] });
    }
  });

  it('leaves the doctor what needs no login', async () => {
    const found = await diagnosis(path);
    assert.equal(of(found, 'tcp')[0]?.status, 'failure');
    assert.equal(of(found, 'timeouts')[0]?.status, 'ok');
  });
});

describe('a flow file that cannot be used', () => {
  it('is a failure of the doctor, as JSON where that is asked for', async () => {
    const path = join(folder, 'broken.json');
    const flow = (config: object) => ({
      version: 4,
      flows: {
        default: {
          config: { platform: 'server' },
          destinations: { kafka: { package: 'walkeros-destination-kafka', config } },
        },
      },
    });
    const texts: [text: string, message: RegExp][] = [
      ['{ "password": s3cret }', /it is no JSON \(line 1, column 15\)/],
      [
        JSON.stringify(flow({ settings: { kafka: { ...kafka, topic: '$code:((' } } })),
        /its \$code: does not run/,
      ],
    ];
    for (const [text, message] of texts) {
      writeFileSync(path, text);
      const found = await diagnosis(path);
      assert.equal(found.ok, false);
      assert.deepEqual(
        found.checks.map(({ name, status }) => `${name} ${status}`),
        ['flow failure'],
      );
      assert.match(found.checks[0]?.message ?? '', message);
    }
  });
});
