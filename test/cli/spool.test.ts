import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { recordCounts } from '../../scripts/kafka/topics.ts';
import { startProgram } from '../bundle/support/program.ts';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { runFlow } from '../support/flow.ts';
import { account, numbered, openFlow, upTo } from '../support/load.ts';
import { readBack } from '../support/reader.ts';
import { tempFolder } from '../support/temp.ts';
import { flowFile, run } from './support/run.ts';

const folder = tempFolder();
const program = new URL('../../src/cli.ts', import.meta.url).pathname;

/** A spool that a flow has filled while its cluster was away; gives the flow file that will reach it. */
async function filled(
  topic: string,
  count: number,
  kafka: object = {},
): Promise<{ path: string; spool: string }> {
  const { brokers } = await sharedBroker();
  const spool = join(folder, `${topic}.spool`);
  const [nobody = 0] = await freePorts(1);
  const flow = await runFlow({
    kafka: { brokers: [`127.0.0.1:${nobody}`], topic, key: 'data.key' },
    // The disk has all of the time for it: with an eighth, which 'overflow' leaves it, a slow one answered too late.
    spool: { path: spool, mode: 'always' },
  });
  const results = await Promise.all(upTo(count).map((n) => flow.push(numbered(n, 30))));
  await flow.stop();
  assert.ok(
    results.every(({ ok }) => ok),
    flow.log.join('\n'),
  );
  return {
    path: flowFile(folder, { settings: { kafka: { brokers, topic, ...kafka }, spool: { path: spool } } }),
    spool,
  };
}

// Side by side: each waits for seconds until the flow that fills its spool has ended.
describe('spool', { concurrency: true }, () => {
  it('status tells what waits and since when; drain delivers it, in order; both can be repeated', async () => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('drained', { partitions: 3 });
    const { path, spool } = await filled(topic, 500);

    const before = await run(['spool', 'status', path]);
    assert.equal(before.code, 0);
    assert.match(
      before.lines[0] ?? '',
      new RegExp(`^${spool}: 500 records wait \\(\\d+ kB; .* on the disk\\)$`),
    );
    assert.match(
      before.lines[1] ?? '',
      new RegExp(`^  ${topic}: 500 records wait \\(\\d+ kB\\), the oldest for \\d+ s$`),
    );
    assert.deepEqual(
      (await run(['spool', 'drain', path, '--dry-run'])).lines.slice(0, 1),
      before.lines.slice(0, 1),
    );
    assert.deepEqual(await recordCounts(brokers, topic), [0, 0, 0]);

    const shown: (string | undefined)[] = [];
    const drained = await run(['spool', 'drain', path], { onProgress: (text) => shown.push(text) });
    assert.deepEqual(drained.lines, ['500 records delivered']);
    assert.equal(drained.code, 0);
    assert.ok(shown.includes('[########################] 100 %  500 of 500  delivering'), shown.join('\n'));
    const result = account(await readBack(brokers, topic, { count: 500 }), upTo(500));
    assert.deepEqual(result, { lost: [], duplicates: 0, disordered: [] });

    assert.deepEqual((await run(['spool', 'drain', path])).lines, ['0 records delivered']);
    const { lines } = await run(['spool', 'status', path, '--json']);
    const { records, refused } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    assert.deepEqual({ records, refused }, { records: 0, refused: 0 });
  });

  /** "5 records delivered", it said, and its topic had none. */
  it('drain tells what it delivered apart from what the broker refused', async () => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('drained', { config: { 'max.message.bytes': '100' } });
    const dead = await freshTopic('refused');
    const { spool } = await filled(topic, 5);
    const settings = { kafka: { brokers, topic }, deadLetter: { topic: dead }, spool: { path: spool } };
    const drained = await run(['spool', 'drain', flowFile(folder, { settings })]);
    assert.deepEqual(drained.lines, [
      '0 records delivered',
      '5 refused by the broker, to the dead-letter topic: "dead-letters list" says why',
    ]);
    assert.equal(drained.code, 1);
    assert.deepEqual(await recordCounts(brokers, dead), [5]);
  });

  it('a drain that is killed half-way is taken up where it was: all is delivered, at most one request twice', async () => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('drained');
    const count = 4_000;
    // Some 20 records a request.
    const batch = 20;
    const { path } = await filled(topic, count, { batchSize: 10_000 });
    const stored = async () => (await recordCounts(brokers, topic))[0] ?? 0;
    const { child, ended } = startProgram(process.execPath, [program, 'spool', 'drain', path], {
      cwd: folder,
    });
    await eventually('some are delivered', async () => (await stored()) > 100, {
      timeoutMs: 60_000,
      everyMs: 2,
    });
    child.kill('SIGKILL');
    assert.equal((await ended).code, null, 'it ended before it was killed');
    const half = await stored();
    assert.ok(half < count, `${half} were delivered before the kill`);

    assert.equal((await run(['spool', 'drain', path])).code, 0);
    const { lost, duplicates, disordered } = account(await readBack(brokers, topic, { count }), upTo(count));
    assert.deepEqual({ lost, disordered }, { lost: [], disordered: [] });
    assert.ok(duplicates <= 2 * batch, `${duplicates} were delivered twice`);
  });

  it('while a flow has the spool status reads it and drain refuses', async () => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('drained');
    const { path, spool } = await filled(topic, 1);
    const flow = await openFlow({ kafka: { brokers, topic }, spool: { path: spool } });
    await flow.push(numbered(1, 1));
    assert.equal((await run(['spool', 'status', path])).code, 0);
    assert.deepEqual(await run(['spool', 'drain', path]), {
      code: 1,
      lines: [],
      notes: [
        `The spool is ${spool}.`,
        `walkeros-kafka: settings.spool.path "${spool}" is in use by another process or by another destination of this one: ` +
          'two writers would lose or double records. Give each destination and each replica a path of its own, or end the ' +
          'other first.',
      ],
    });
    await flow.stop();
  });

  it('without one in the settings says what is missing', async () => {
    const { brokers } = await sharedBroker();
    const path = flowFile(folder, { settings: { kafka: { brokers, topic: 'any' } } });
    for (const word of ['status', 'drain']) {
      const { code, notes } = await run(['spool', word, path]);
      assert.equal(code, 1);
      assert.deepEqual(notes, [
        `walkeros-kafka: Destination "kafka" in ${path} has no spool: settings.spool.path is not set.`,
      ]);
    }
  });
});
