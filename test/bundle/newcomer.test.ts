import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { startKafka } from '../../scripts/kafka/launch.ts';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { blocksFor } from '../support/docs/claims.ts';
import { commandsIn } from '../support/docs/commands.ts';
import { eventually } from '../support/eventually.ts';
import { readBack } from '../support/reader.ts';
import { tempFolder } from '../support/temp.ts';
import { project } from './support/project.ts';
import { type, type ShellOptions } from './support/shell.ts';
import { assertShown, openTerminal } from './support/terminal.ts';

const temp = tempFolder();

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
    await eventually('the flow runs', () => typed.output().includes('Flow running'), { timeoutMs: 180_000 });
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
    const [kafka, shell] = await Promise.all([startKafka({ own: true }), openTerminal(temp, 'newcomer-')]);
    t.after(() => kafka.stop());
    const [broker = ''] = kafka.brokers;
    const here = await substitutions(broker);
    let printed = '';
    for (const block of blocksFor(import.meta.filename)) {
      if (block.language === 'json') {
        const [, name] = /Save this as `([\w.-]+)`/.exec(block.before) ?? [];
        assert.ok(name, `README.md:${block.line} does not say what to save it as`);
        writeFileSync(join(shell.cwd, name), here(block.text));
      } else if (block.language === 'text') assertShown(here(block.text), printed, 'README.md');
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
