import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { freshName, freshTopic, sharedBroker } from '../support/broker.ts';
import { blocksFor } from '../support/docs/claims.ts';
import { event, runFlow } from '../support/flow.ts';
import { numbered, upTo } from '../support/load.ts';
import { tempFolder } from '../support/temp.ts';
import { fillDeadLetters, refusal } from './support/letters.ts';
import { flowFile, run } from './support/run.ts';

/** Every command of the guide that shows what it prints, and that. */
const blocks = blocksFor(import.meta.filename);
const shown = blocks.flatMap(({ language, text }, index) => {
  const output = blocks[index + 1];
  const command = /^npx walkeros-kafka (.*)$/.exec(text)?.[1];
  return language === 'sh' && output?.language === 'text'
    ? [{ command: command ?? '', output: output.text }]
    : [];
});
const folder = tempFolder();

/** The cluster of the guide, under the names that this run has for its topics, files and addresses. */
async function scene() {
  const { brokers } = await sharedBroker();
  const [broker = ''] = brokers;
  const [events, dead] = [await freshTopic('walkeros-events'), await freshTopic('walkeros-dead')];
  const [orders, spool] = [freshName('orders'), join(folder, 'kafka.spool')];
  const flow = await runFlow({ kafka: { brokers, topic: events } });
  // Of an event only what the guide has room for.
  for (const [index, title] of ['Home', 'Shop'].entries()) {
    const timestamp = 1_700_000_000_123 + index * 1_000;
    await flow.push(event({ id: `${index}5d0c2a9d4b7e8f3`, data: { title }, timestamp }));
  }
  await flow.stop();
  const [nobody = 0] = await freePorts(1);
  const away = await runFlow({
    kafka: { brokers: [`127.0.0.1:${nobody}`], topic: events },
    spool: { path: spool, mode: 'always' },
  });
  await Promise.all(upTo(3).map((n) => away.push(numbered(n, 1))));
  await away.stop();
  const [connection, deadLetter] = [{ brokers, topic: events }, { topic: dead }];
  const mapping = { order: { complete: { settings: { topic: orders } } } };
  const paths = {
    doctor: flowFile(folder, { settings: { kafka: connection, deadLetter }, mapping }),
    other: flowFile(folder, { settings: { kafka: connection, deadLetter, spool: { path: spool } } }),
  };
  const names: readonly (readonly [ours: string | RegExp, theirs: string])[] = [
    [paths.doctor, 'flow.json'],
    [paths.other, 'flow.json'],
    [spool, '/var/lib/walkeros/kafka.spool'],
    [events, 'walkeros-events'],
    [dead, 'walkeros-dead'],
    [orders, 'orders'],
    [broker, 'kafka1:9092'],
    ['127.0.0.1', 'kafka1'],
    [/(cluster {3})\S+:/, '$15L6g3nShT-eMCtK--X86sw:'],
    [/,"context":.*/g, '}'],
    [/(key )\S+( {2})\d+( bytes)/, '$1us3r$2412$3'],
    [/\(\d+ B; /, '(1 kB; '],
    [/\(\d+ kB; \d+ kB on/, '(1 kB; 49 kB on'],
    [/\(\d+ k?B\), the oldest for \d+ s/, '(1 kB), the oldest for 1 s'],
  ];
  return {
    events,
    dead,
    brokers,
    words: (command: string) =>
      command
        .split(' ')
        .map((word) =>
          word === 'flow.json' ? paths[command.startsWith('doctor') ? 'doctor' : 'other'] : word,
        )
        .map((word) => (word === 'walkeros-events' ? events : word)),
    inTheGuide: (text: string) =>
      names.reduce((told, [ours, theirs]) => told.replaceAll(all(ours), theirs), text),
  };
}

const all = (ours: string | RegExp): string | RegExp =>
  typeof ours === 'string'
    ? ours
    : new RegExp(ours.source, ours.flags.includes('g') ? ours.flags : `${ours.flags}g`);

describe('docs/operations.md', () => {
  it('shows what each command prints', async () => {
    const { events, dead, brokers, words, inTheGuide } = await scene();
    await fillDeadLetters(brokers, dead, { count: 1, headers: refusal(events), id: 'b1f0c2a9d4b7e8f3' });
    assert.equal(shown.length, 10);
    assert.equal(blocks.length, 20, 'no command without its output, and none the other way round');
    for (const { command, output } of shown) {
      const { lines, notes } = await run(words(command));
      const spoolNotes = ['The spool is /var/lib/walkeros/kafka.spool.'];
      assert.deepEqual(notes.map(inTheGuide), command.startsWith('spool drain') ? spoolNotes : []);
      assert.equal(inTheGuide(lines.join('\n')), output, command);
    }
  });
});
