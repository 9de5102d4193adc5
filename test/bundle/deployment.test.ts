import assert from 'node:assert/strict';
import { copyFileSync, cpSync, linkSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { KafkaCluster } from '../../scripts/kafka/cluster.ts';
import { startKafka } from '../../scripts/kafka/launch.ts';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { makeCertificates, type Certificates } from '../support/certificates.ts';
import { blocksFor } from '../support/docs/claims.ts';
import { textOf, type Block } from '../support/docs/pages.ts';
import { eventually } from '../support/eventually.ts';
import { readBack } from '../support/reader.ts';
import { keys } from '../support/secure-kafka.ts';
import { tempFolder } from '../support/temp.ts';
import { project } from './support/project.ts';
import { type, type ShellOptions, type Typed } from './support/shell.ts';
import { assertShown, openTerminal } from './support/terminal.ts';

const page = 'docs/deployment.md';
const temp = tempFolder();
const blocks = blocksFor(import.meta.filename);

/** As the page has it: SASL_SSL with SCRAM, and nobody may do anything but the administrator. */
function startProduction(certificates: Certificates): Promise<KafkaCluster> {
  return startKafka({
    own: true,
    scram: ['SCRAM-SHA-512=[name=admin,password=admin-secret]'],
    config: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS;User:admin',
    },
    listeners: [
      {
        name: 'LOGIN',
        protocol: 'SASL_SSL',
        config: {
          ...keys(certificates, certificates.broker),
          'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
          'scram-sha-512.sasl.jaas.config':
            'org.apache.kafka.common.security.scram.ScramLoginModule required;',
        },
      },
    ],
  });
}

/** What differs from the page: one broker and its address, free ports, folders, and that the package comes from this repository. */
async function substitutions(kafka: KafkaCluster): Promise<(text: string) => string> {
  const { tarball } = await project();
  const [events = 0, health = 0, metrics = 0] = await freePorts(3);
  const login = kafka.nodes[0]?.listeners.LOGIN ?? '';
  const changes: readonly (readonly [string, string])[] = [
    [', "kafka2.example.com:9093", "kafka3.example.com:9093"', ''],
    ['kafka1.example.com:9093', login],
    ['"replicationFactor": 3', '"replicationFactor": 1'],
    ['"min.insync.replicas": "2"', '"min.insync.replicas": "1"'],
    ['/etc/kafka/ca.pem', join(temp, 'ca.pem')],
    ['/var/lib/walkeros/', join(temp, 'state', '/')],
    ['8080', String(events)],
    ['8090', String(health)],
    ['9464', String(metrics)],
    ['"version": "0.1.0"', `"version": "file:./${basename(tarball)}"`],
  ];
  for (const [is] of changes)
    assert.ok(
      blocks.some(({ text }) => text.includes(is)),
      `${page} no longer has ${is}`,
    );
  return (text) => changes.reduce((changed, [is, becomes]) => changed.replaceAll(is, becomes), text);
}

/** What is below node_modules is linked, 130 MB that need not be copied; but for npm's list, which it writes in place. */
function isCopied(from: string, to: string): boolean {
  const isLinked = /node_modules.*[\\/](?!\.package-lock)[^\\/]+$/.test(from) && lstatSync(from).isFile();
  if (isLinked) linkSync(from, to);
  return !isLinked;
}

/** A reader who does what the page says, from top to bottom. */
class Reader {
  readonly #t: TestContext;
  readonly #shell: ShellOptions;
  readonly #here: (text: string) => string;
  #printed = '';
  #flow: Typed | undefined;

  constructor(t: TestContext, shell: ShellOptions, here: (text: string) => string) {
    this.#t = t;
    this.#shell = shell;
    this.#here = here;
  }

  /** A file to save, commands, or what they print. */
  async follow({ language, text, before, line }: Block): Promise<void> {
    if (language === 'text') assertShown(this.#here(text), this.#printed, `${page}:${line}`);
    else if (language === 'sh') await this.enter(text);
    else {
      const name = before.match(/(?<=`)[\w./-]+\.(?:mjs|json|properties)(?=`)/g)?.at(-1);
      assert.ok(name, `${page}:${line} does not say what to save it as`);
      mkdirSync(dirname(join(this.#shell.cwd, name)), { recursive: true });
      writeFileSync(join(this.#shell.cwd, name), this.#here(text));
    }
  }

  async enter(commands: string): Promise<void> {
    this.#printed = '';
    for (const line of commands.replaceAll('\\\n', '').split('\n')) {
      const begin = performance.now();
      if (line.startsWith('export '))
        for (const [, name = '', value = ''] of line.matchAll(/(\w+)=(\S+)/g)) this.#shell.env[name] = value;
      else if (line.startsWith('npm install walkeros')) await this.#haveInstalled(line);
      else if (line.includes(' run dist/flow.mjs')) await this.#run(line);
      else {
        const typed = type(this.#here(line), this.#shell);
        assert.equal(await typed.ended, 0, `${line}\n${typed.output()}`);
        this.#printed += `${typed.output()}\n`;
      }
      this.#t.diagnostic(`${((performance.now() - begin) / 1000).toFixed(1)} s  ${line}`);
    }
  }

  /** What newcomer.test.ts installs by the same command. */
  async #haveInstalled(line: string): Promise<void> {
    assert.ok(textOf('README.md').includes(`\n${line}\n`), `README.md does not have ${line}`);
    const { folder, tarball } = await project();
    for (const name of ['package.json', 'package-lock.json', 'node_modules'])
      cpSync(join(folder, name), join(this.#shell.cwd, name), {
        recursive: true,
        verbatimSymlinks: true,
        filter: isCopied,
      });
    copyFileSync(tarball, join(this.#shell.cwd, basename(tarball)));
  }

  /** As a supervisor starts it: the process is the one that the signals go to. */
  async #run(line: string): Promise<void> {
    await this.stop();
    const flow = type(`exec ${this.#here(line)}`, this.#shell);
    this.#flow = flow;
    this.#t.after(() => flow.signal('SIGKILL'));
    const lines = ['Flow running', 'Connected to Kafka'];
    await eventually(
      'the flow runs, and has found Kafka',
      () => lines.every((one) => flow.output().includes(one)),
      {
        timeoutMs: 180_000,
      },
    );
  }

  /** SIGTERM, and what it said. */
  async stop(): Promise<void> {
    if (this.#flow === undefined) return;
    this.#flow.signal('SIGTERM');
    assert.equal(await this.#flow.ended, 0, this.#flow.output());
    this.#printed = this.#flow.output();
    this.#flow = undefined;
  }
}

/** Whoever deploys a flow has this page and nothing else. So its blocks are the script of this test, from top to bottom. */
describe('an operator who does what docs/deployment.md says', () => {
  it('has a flow on a secured cluster that survives an outage, a stop in it, and a restart', async (t) => {
    const certificates = await makeCertificates(temp);
    writeFileSync(join(temp, 'ca.pem'), certificates.ca);
    const [kafka, shell] = await Promise.all([
      startProduction(certificates),
      openTerminal(temp, 'operator-'),
    ]);
    t.after(() => kafka.stop());
    const here = await substitutions(kafka);
    const reader = new Reader(t, shell, here);
    const post =
      blocks
        .flatMap(({ text }) => text.split('\n'))
        .find((line) => line.startsWith('curl') && line.includes('/collect')) ?? '';
    const health = here('http://127.0.0.1:8090/ready');
    const isEmpty = async (): Promise<boolean> =>
      (await (await fetch(health)).text()).includes('"spool":{"records":0');

    for (const block of blocks) {
      if (block.text.startsWith('[runner] Received SIGTERM')) {
        await eventually('the first event is delivered', isEmpty, { everyMs: 100 });
        await kafka.nodes[0]?.kill();
        await reader.enter(post);
        assert.equal((await fetch(health)).status, 200, 'ready, for the spool takes events');
        await reader.stop();
      }
      if (block.text.includes('spool drain')) await kafka.nodes[0]?.start();
      await reader.follow(block);
    }
    await reader.enter(post);
    await reader.stop();

    const stored = await readBack(kafka.direct, ['walkeros-events', 'walkeros-events-dead']);
    assert.deepEqual(
      stored.map(({ topic, key }) => [topic, key?.toString()]),
      Array.from({ length: 3 }, () => ['walkeros-events', 'us3r']),
    );

    // The bundle alone, where nothing else is installed.
    rmSync(join(shell.cwd, 'node_modules'), { recursive: true });
    await reader.enter(
      'node dist/node_modules/walkeros-destination-kafka/dist/cli.mjs spool drain flow.json --dry-run',
    );
  });
});
