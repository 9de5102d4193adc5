import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { freePorts } from '../../../../scripts/kafka/ports.ts';
import { examine } from '../../../../src/cli/doctor/examine.ts';
import { Report, type Verdict } from '../../../../src/cli/doctor/report.ts';
import { Network } from '../../../../src/cli/doctor/network.ts';
import type { Kafka, Target } from '../../../../src/cli/doctor/target.ts';
import { KafkaError, type ErrorCode } from '../../../../src/model/errors.ts';
import { faultOfSilence, registryError } from '../../../../src/schema/registry/errors.ts';
import { wantsTls as wantsTlsError } from '../../../../src/transport/errors/messages.ts';
import { tempFolder } from '../../../support/temp.ts';
import { targetWith, topic } from './target.ts';

const server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
let broker = '';
before(async () => {
  await once(server, 'listening');
  broker = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

async function report(changed: Partial<Target> = {}, kafka: Partial<Kafka> = {}): Promise<Report> {
  const made = new Report();
  await examine(targetWith({ brokers: [broker], ...changed }, kafka), made, new AbortController().signal);
  return made;
}

const lines = ({ findings }: Report, check: string): string[] =>
  findings.filter(({ name }) => name === check).map(({ status, message }) => `${status}: ${message}`);

describe('an examination', () => {
  /** It ended the doctor, with the findings of all checks: no summary, and of --json no word. */
  it('goes on after a check that breaks off, which is a failure', async () => {
    const refusal = new KafkaError('REQUEST_FAILED', 'The broker refuses to tell of the cluster.');
    const made = await report({}, { cluster: () => Promise.reject(refusal) });
    const found = made.findings.find(({ name }) => name === 'cluster');
    assert.deepEqual(found, {
      name: 'cluster',
      status: 'failure',
      message: 'The check broke off: The broker refuses to tell of the cluster.',
      fix: 'docs/troubleshooting.md has it under REQUEST_FAILED.',
    });
    assert.deepEqual(made.notChecked[0], { name: 'topics', reason: 'needs cluster' });
    assert.equal(made.findings.at(-1)?.name, 'timeouts');
    const torn = await report({}, { topic: () => Promise.resolve(null as never) });
    assert.match(lines(torn, 'topics')[0] ?? '', /^failure: The check broke off: /);
  });

  /** Event Hubs and others know no DescribeConfigs: "the broker refuses these records: UNSUPPORTED_VERSION". */
  it("takes a topic's settings that the broker refuses to tell for not told", async () => {
    const refusal = new KafkaError('RECORD_REJECTED', 'Topic events: UNSUPPORTED_VERSION.');
    const made = await report({}, { topicConfig: () => Promise.reject(refusal) });
    assert.deepEqual(lines(made, 'topics'), ['ok: "events": 1 partition, 1 replica in sync, writable']);
  });

  /** A broker that does not tell of rights was quoted with "writable". */
  it('says so where the broker does not tell whether this user may write', async () => {
    const untold = () => Promise.resolve({ ...topic, writable: undefined });
    assert.deepEqual(lines(await report({}, { topic: untold }), 'topics'), [
      'ok: "events": 1 partition, 1 replica in sync, WRITE right not told by the broker',
    ]);
  });

  /** `localhost` mostly has two addresses. It said "No connection to localhost:9092: ." and "Open the way: firewall". */
  it('says that nothing listens at any of the addresses of a host', async () => {
    const [unused = 0] = await freePorts(1);
    const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }));
    class Dual extends Network {
      override readonly connect = async (): Promise<void> => {
        const socket = connect({
          host: 'dual',
          port: unused,
          lookup: (_host, _options, found) => found(null, addresses),
        });
        await once(socket, 'connect');
      };
    }
    const made = await report({ network: new Dual(1_000, undefined) });
    assert.deepEqual(lines(made, 'tcp'), [`failure: Nothing listens at ${broker} (ECONNREFUSED).`]);
  });

  /** It was warned of twice: the second time with "Set settings.kafka.sasl", which is as wrong as can be. */
  it('says once that a broker wants TLS, where another one is well', async () => {
    const wantsTls = wantsTlsError('localhost', undefined);
    const other = broker.replace('127.0.0.1', 'localhost');
    const reach = (to: string) => (to === other ? Promise.reject(wantsTls) : Promise.resolve());
    const made = await report({ brokers: [broker, other] }, { reach });
    assert.deepEqual(
      made.findings.filter(({ status }) => status !== 'ok').map(({ name }) => name),
      ['tls'],
    );
    assert.deepEqual(lines(made, 'sasl'), ['ok: no login, and none is asked for']);
  });

  /** A broker that went away was answered with "Grant it: kafka-acls.sh …". */
  it('asks for rights only where the broker refuses one', async () => {
    const fixAfter = async (code: ErrorCode) => {
      const topic = () => Promise.reject(new KafkaError(code, 'No.'));
      const made = await report({}, { topic });
      return made.findings.find(({ name }) => name === 'topics');
    };
    assert.deepEqual(await fixAfter('BROKER_UNREACHABLE'), {
      name: 'topics',
      status: 'failure',
      message: 'Topic "events" (settings.kafka.topic): No.',
      fix: 'docs/troubleshooting.md has it under BROKER_UNREACHABLE.',
    });
    assert.match((await fixAfter('NOT_AUTHORIZED'))?.fix ?? '', /^Grant it: kafka-acls\.sh /);
  });

  /** In a file with several flows none of these ran: "several such destinations", "Multiple flows found". */
  it('names the flow in what is to be typed, where the file has several', async () => {
    const file = join(tempFolder(), 'kafka.spool');
    const status = () => Promise.resolve({ fileBytes: 1, bytes: 0, records: 2, refused: 2 });
    const schemaMissing = new KafkaError('SCHEMA_MISSING', 'It is not there.');
    const registry = {
      urls: ['http://registry'],
      tls: undefined,
      setting: 'settings.value.registry',
      look: () => Promise.reject(schemaMissing),
    };
    const made = await report(
      {
        name: 'production.kafka',
        flow: 'production',
        timeoutWarnings: ['settings.kafka.deliveryTimeout: is too long.'],
        registries: [registry],
        spool: { path: file, files: [], maxBytes: 1, status },
      },
      { topic: () => Promise.resolve(undefined) },
    );
    const setup = 'walkeros setup destination.kafka --config flow.json --flow production';
    assert.deepEqual(
      made.findings.filter(({ fix }) => fix !== undefined).map(({ name, fix }) => `${name}: ${fix}`),
      [
        `topics: Create it: declare config.setup and run "${setup}". Or correct the name "events" in the settings.`,
        `registry: Declare config.setup (with useLatestVersion also its schemaRegistry) and run "${setup}", set settings.value.autoRegister, or ` +
          'register it by hand.',
        'spool: See why: "walkeros-kafka spool status flow.json --destination production.kafka". They are tried again at ' +
          'each start.',
        'timeouts: Change it in flow.json, destination "production.kafka".',
      ],
    );
  });

  /** A topic of 1,000 partitions made a finding of 4,939 characters. */
  it('names the first ten partitions, and counts the rest', async () => {
    const messageWith = async (count: number) => {
      const partitions = Array.from({ length: count }, (_, partition) => ({
        partition,
        leader: undefined,
        replicas: 1,
        inSync: 1,
      }));
      const [line] = lines(
        await report({}, { topic: () => Promise.resolve({ ...topic, partitions }) }),
        'topics',
      );
      return line;
    };
    const where = 'failure: Topic "events" (settings.kafka.topic)';
    const ten = '0, 1, 2, 3, 4, 5, 6, 7, 8, 9';
    assert.equal(await messageWith(10), `${where}: partitions ${ten} have no leader.`);
    assert.equal(await messageWith(1_000), `${where}: partitions ${ten} and 990 more have no leader.`);
  });

  /** The flow may be well: what only this library cannot do is no failure of it. */
  it('leaves out what it cannot log in for, and says why', async () => {
    const made = await report({ unaskable: 'only kafkajs knows this login' });
    assert.deepEqual(made.notChecked.slice(0, 3), [
      { name: 'sasl', reason: 'only kafkajs knows this login' },
      { name: 'cluster', reason: 'needs sasl' },
      { name: 'topics', reason: 'needs cluster' },
    ]);
    assert.equal(made.failed, false);
  });

  /** "Start the registry, or correct settings.value.registry.url". */
  it('says what to do about a certificate of a registry', async () => {
    const asked = {
      what: 'look up the schema of id 1',
      url: 'https://r:1',
      setting: 'settings.value.registry',
    };
    const fixAfter = async (code: string, reason: string) => {
      const failure = Object.assign(new Error(reason), { code });
      const look = () => Promise.reject(registryError(asked, faultOfSilence(failure)));
      const registry = { urls: ['https://r:1'], tls: undefined, setting: 'settings.value.registry', look };
      const made = await report({ registries: [registry] });
      return made.findings.find(({ name }) => name === 'registry')?.fix;
    };
    assert.equal(
      await fixAfter('CERT_HAS_EXPIRED', 'certificate has expired'),
      "Renew the registry's certificate; nothing in flow.json mends this.",
    );
    assert.equal(
      await fixAfter('ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP does not match certificate's altnames: …"),
      'Write in settings.value.registry.url a name that the certificate has, or set settings.value.registry.ssl.servername ' +
        'to one.',
    );
    assert.equal(
      await fixAfter('ECONNREFUSED', 'connect ECONNREFUSED'),
      'Start the registry, or correct settings.value.registry.url.',
    );
  });

  /** It counted the file, which has room for records that left, and said "writable, 99 records wait". */
  it('tells how full the spool is', async () => {
    const path = join(tempFolder(), 'kafka.spool');
    const foundAt = async (bytes: number) => {
      const status = () => Promise.resolve({ fileBytes: 900, bytes, records: 9, refused: 0 });
      const made = await report({ spool: { path, files: [], maxBytes: 1_000, status } });
      return made.findings.find(({ name }) => name === 'spool');
    };
    const fix =
      'See why Kafka takes nothing, and deliver it (a running flow does; without one: "walkeros-kafka spool drain ' +
      'flow.json --destination kafka"), or raise settings.spool.maxBytes.';
    assert.deepEqual(await foundAt(799), {
      name: 'spool',
      status: 'ok',
      message: `${path}: writable, 9 records wait`,
    });
    assert.deepEqual(await foundAt(800), {
      name: 'spool',
      status: 'warning',
      message: `The spool ${path} has taken 80 % of settings.spool.maxBytes (1000): new records are refused once it is full.`,
      fix,
    });
    assert.deepEqual(await foundAt(990), {
      name: 'spool',
      status: 'failure',
      message: `The spool ${path} is full, with 99 % of settings.spool.maxBytes (1000): new records are refused.`,
      fix,
    });
  });

  /** The folder alone was tried: all was well, and the flow could not start. */
  it(
    'finds a spool whose files its user may not write',
    { skip: process.getuid?.() !== 0 && 'only root can run a process as somebody else' },
    async () => {
      const folder = tempFolder();
      const path = join(folder, 'spool.db');
      const script = join(import.meta.dirname, 'other-user-process.ts');
      for (const name of [folder, path]) {
        if (name === path) writeFileSync(path, '');
        chownSync(name, 65_534, 65_534);
      }
      const look = async () => (await promisify(execFile)(process.execPath, [script, path])).stdout;
      assert.match(await look(), /^\[{"status":"ok"/);
      writeFileSync(`${path}-lock`, '');
      const [verdict] = JSON.parse(await look()) as Verdict[];
      assert.equal(verdict?.status, 'failure');
      assert.match(
        verdict.message,
        /^The spool .*spool\.db cannot be written: EACCES: permission denied, access '.*spool\.db-lock'\.$/,
      );
      assert.match(
        verdict.fix ?? '',
        /^Give the user that runs the flow the right to write in .* and to the files/,
      );
    },
  );
});
