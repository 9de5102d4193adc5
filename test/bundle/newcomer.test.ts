import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { startKafka } from '../../scripts/kafka/launch.ts';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { blocksFor } from '../support/docs/claims.ts';
import { commandsIn } from '../support/docs/commands.ts';
import { eventually } from '../support/eventually.ts';
import { kafkaScripts } from '../support/kafka-scripts.ts';
import { readBack } from '../support/reader.ts';
import { tempFolder } from '../support/temp.ts';
import { environment } from './support/program.ts';
import { project } from './support/project.ts';
import { type, type ShellOptions } from './support/shell.ts';

const temp = tempFolder();

/** Times, sizes and the width of columns differ from run to run. */
const alike = (line: string): string =>
  line
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\d+ bytes/g, 'N bytes')
    .replace(/ +/g, ' ')
    .trim();

/** Every line that the page shows was printed, in that order; one that ends in … at least begins so, and … alone is what is left out. */
function assertShown(shown: string, printed: string): void {
  let rest = printed.split('\n').map(alike);
  for (const line of shown.split('\n').map(alike)) {
    const at = rest.findIndex((one) =>
      line.endsWith('…') ? one.startsWith(line.slice(0, -1)) : one === line,
    );
    assert.ok(at >= 0, `README.md shows\n${line}\nand this was printed:\n${rest.join('\n')}`);
    rest = rest.slice(at + 1);
  }
}

/** An empty folder, and a terminal in it that knows npm, Node and Kafka's scripts. */
async function terminal(): Promise<ShellOptions> {
  const { folder, npmCache } = await project();
  const cwd = mkdtempSync(join(temp, 'newcomer-'));
  const temporary = join(temp, 'temp');
  mkdirSync(temporary);
  // Which registry npm asks is this machine's affair.
  copyFileSync(join(folder, '.npmrc'), join(cwd, '.npmrc'));
  appendFileSync(join(cwd, '.npmrc'), 'prefer-offline=true\naudit=false\n');
  // Without the programs of this repository, which are on the PATH of `npm test`.
  const path = (process.env.PATH ?? '').split(delimiter).filter((place) => !place.endsWith('.bin'));
  return {
    cwd,
    env: environment({
      PATH: [await kafkaScripts(temp), dirname(process.execPath), ...path].join(delimiter),
      TMPDIR: temporary,
      NPM_CACHE_DIR: npmCache,
    }),
  };
}

/** What differs from the page: where Kafka is, which ports are free, and that the package comes from this repository. */
async function substitutions(broker: string): Promise<(text: string) => string> {
  const { tarball } = await project();
  const [http = 0, health = 0] = await freePorts(2);
  const changes: readonly (readonly [string, string])[] = [
    ['localhost:9092', broker],
    ['install walkeros-destination-kafka', `install ${tarball}`],
    [
      '"walkeros-destination-kafka": { "version": "0.1.0" }',
      `"walkeros-destination-kafka": { "version": "file:${tarball}" }`,
    ],
    ['localhost:3000', `localhost:${http}`],
    ['listen(3000)', `listen(${http})`],
    ['--port 8080', `--port ${health}`],
  ];
  const script = blocksFor(import.meta.filename).map(({ text }) => text);
  for (const [is] of changes)
    assert.ok(
      script.some((text) => text.includes(is)),
      `README.md no longer has ${is}`,
    );
  return (text) => changes.reduce((changed, [is, becomes]) => changed.replaceAll(is, becomes), text);
}

/** Runs a line to its end, or, for the flow, until it says that it runs. */
async function enter(line: string, t: TestContext, shell: ShellOptions): Promise<string> {
  const typed = type(line, shell);
  t.after(() => typed.signal('SIGKILL'));
  if (line.startsWith('npx walkeros run')) {
    await eventually('the flow runs', () => typed.output().includes('Flow running'), { timeoutMs: 90_000 });
    t.after(async () => {
      typed.signal('SIGINT');
      await typed.ended;
    });
  } else assert.equal(await typed.ended, 0, `${line}\n${typed.output()}`);
  return typed.output();
}

/** Nobody but README.md tells a newcomer anything. So its blocks are the script of this test, from top to bottom. */
describe('a newcomer who copies the commands of README.md', () => {
  it('gets from nothing to events, to a dead letter seen and re-sent, and to a warning of drift', async (t) => {
    const [kafka, shell] = await Promise.all([startKafka({ own: true }), terminal()]);
    t.after(() => kafka.stop());
    const [broker = ''] = kafka.brokers;
    const here = await substitutions(broker);
    let printed = '';
    for (const block of blocksFor(import.meta.filename)) {
      if (block.language === 'json') {
        const [, name] = /Save this as `([\w.-]+)`/.exec(block.before) ?? [];
        assert.ok(name, `README.md:${block.line} does not say what to save it as`);
        writeFileSync(join(shell.cwd, name), here(block.text));
      } else if (block.language === 'text') assertShown(here(block.text), printed);
      else {
        printed = '';
        for (const line of commandsIn(block)) {
          const begin = performance.now();
          printed += `${await enter(here(line), t, shell)}\n`;
          t.diagnostic(`${((performance.now() - begin) / 1000).toFixed(1)} s  ${line}`);
        }
      }
    }

    // What the page shows of `events` was read by Kafka's own consumer. Here: re-sent as it was, and what is left of it.
    const stored = await readBack(kafka.brokers, ['orders', 'refused']);
    assert.deepEqual(
      stored.map(({ topic, key, headers }) => [topic, key?.toString(), headers.length]),
      [
        ['orders', 'o-1', 1],
        ['refused', 'o-1', 7],
      ],
    );
  });
});
