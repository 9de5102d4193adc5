import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { examine } from '../../../src/doctor/examine.ts';
import type { Verdict } from '../../../src/doctor/finding.ts';
import { Network } from '../../../src/doctor/network.ts';
import type { Kafka, Patient } from '../../../src/doctor/patient.ts';
import { Report } from '../../../src/doctor/report.ts';
import { KafkaError } from '../../../src/vocabulary/errors.ts';
import { tempFolder } from '../../support/temp.ts';

const server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
let broker = '';
before(async () => {
  await once(server, 'listening');
  broker = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

const topic = {
  partitions: [{ partition: 0, leader: 1, replicas: 1, inSync: 1 }],
  writable: true as boolean | undefined,
};

function kafka(changed: Partial<Kafka> = {}): Kafka {
  return {
    reach: () => Promise.resolve(),
    cluster: () => Promise.resolve({ id: 'x', brokers: [{ nodeId: 1, address: broker }] }),
    topic: () => Promise.resolve(topic),
    topicConfig: () => Promise.resolve(new Map()),
    ...changed,
  };
}

async function report(changed: Partial<Patient> = {}): Promise<Report> {
  const patient: Patient = {
    path: 'flow.json',
    id: 'kafka',
    brokers: [broker],
    tls: undefined,
    login: undefined,
    acks: -1,
    batchSize: 1,
    deliveryTimeout: 8_000,
    collectorTimeout: 10_000,
    autoCreateTopics: false,
    topics: [{ name: 'events', paths: ['settings.kafka.topic'] }],
    network: new Network(1_000, undefined),
    kafka: kafka(),
    unaskable: undefined,
    registries: [],
    spool: undefined,
    ...changed,
  };
  const made = new Report();
  await examine(patient, made);
  return made;
}

const lines = ({ findings }: Report, check: string): string[] =>
  findings.filter(({ name }) => name === check).map(({ status, message }) => `${status}: ${message}`);

describe('an examination', () => {
  /** It ended the doctor, with the findings of all checks: no summary, and of --json no word. */
  it('goes on after a check that breaks off, which is a failure', async () => {
    const refusal = new KafkaError('REQUEST_FAILED', 'The broker refuses to tell of the cluster.');
    const made = await report({ kafka: kafka({ cluster: () => Promise.reject(refusal) }) });
    const found = made.findings.find(({ name }) => name === 'cluster');
    assert.deepEqual(found, {
      name: 'cluster',
      status: 'failure',
      message: 'The check broke off: The broker refuses to tell of the cluster.',
      fix: 'docs/troubleshooting.md has it under REQUEST_FAILED.',
    });
    assert.deepEqual(made.notChecked[0], { name: 'topics', reason: 'needs cluster' });
    assert.equal(made.findings.at(-1)?.name, 'timeouts');
    const torn = await report({ kafka: kafka({ topic: () => Promise.resolve(null as never) }) });
    assert.match(lines(torn, 'topics')[0] ?? '', /^failure: The check broke off: /);
  });

  /** Event Hubs and others know no DescribeConfigs: "the broker refuses these records: UNSUPPORTED_VERSION". */
  it("takes a topic's settings that the broker refuses to tell for not told", async () => {
    const refusal = new KafkaError('RECORD_REJECTED', 'Topic events: UNSUPPORTED_VERSION.');
    const made = await report({ kafka: kafka({ topicConfig: () => Promise.reject(refusal) }) });
    assert.deepEqual(lines(made, 'topics'), ['ok: "events": 1 partition, 1 replica in sync, writable']);
  });

  /** A broker that does not tell of rights was quoted with "writable". */
  it('says so where the broker does not tell whether this user may write', async () => {
    const untold = () => Promise.resolve({ ...topic, writable: undefined });
    assert.deepEqual(lines(await report({ kafka: kafka({ topic: untold }) }), 'topics'), [
      'ok: "events": 1 partition, 1 replica in sync, WRITE right not told by the broker',
    ]);
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
