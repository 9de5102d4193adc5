import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { it } from 'node:test';
import { startKafka } from '../../scripts/kafka/launch.ts';
import { freshTopic } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { flowFolder, walkeros } from './support/cli.ts';
import { wholeEvent } from './support/event.ts';
import { environment, startProgram } from './support/program.ts';

/** Pushes one event, and another one when the file `go` is there; prints what the collector says of the second. */
const runner = `
  import { existsSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  import flow from './flow.mjs';
  const { collector } = await flow({});
  const push = (id) => collector.push({ ...${JSON.stringify(wholeEvent('slow'))}, id });
  console.log('first', Object.keys((await push('1')).done ?? {}).join());
  while (!existsSync('go')) await sleep(20);
  const begin = performance.now();
  const { done = {}, failed = {} } = await push('2');
  const took = performance.now() - begin;
  const { lenient, strict } = collector.status.destinations;
  await collector.command('shutdown');
  console.log('second', JSON.stringify({
    took,
    done: Object.keys(done),
    failed: Object.entries(failed).map(([id, { error }]) => [id, error.message]),
    counts: [lenient, strict].map(({ count, failed }) => ({ count, failed })),
  }));`;

// The collector counts a push as failed after 10 s, whatever becomes of it: a new leader takes about as long, so that events
// were reported as failed which Kafka had, and deliveryTimeout had to be 8 s.
it('a bundled flow: a push of 15 s does not fail, and a limit of 5 s that the user has set is kept', async (t) => {
  const kafka = await startKafka({ own: true });
  t.after(() => kafka.stop());
  const topic = await freshTopic('slow', { brokers: kafka.brokers });
  const settings = { kafka: { brokers: kafka.brokers, topic } };
  const cwd = await flowFolder({
    destinations: {
      lenient: { package: 'walkeros-destination-kafka', config: { settings } },
      strict: { package: 'walkeros-destination-kafka', config: { settings, timeout: 5_000 } },
    },
  });
  const bundled = await walkeros(['bundle', 'flow.json', '--output', 'out/'], { cwd });
  assert.equal(bundled.code, 0, bundled.stdout + bundled.stderr);
  const out = join(cwd, 'out');
  writeFileSync(join(out, 'run.mjs'), runner);

  const program = startProgram(process.execPath, ['run.mjs'], { cwd: out, env: environment() });
  t.after(() => program.child.kill('SIGKILL'));
  await eventually('the first push is stored', () => program.output().includes('first'), {
    timeoutMs: 60_000,
  });
  assert.match(program.output(), /^first (lenient,strict|strict,lenient)$/m);
  await Promise.all(kafka.nodes.map((node) => node.freeze()));
  writeFileSync(join(out, 'go'), '');
  await sleep(15_000);
  await Promise.all(kafka.nodes.map((node) => node.thaw()));

  const { code, stdout, stderr } = await program.ended;
  assert.equal(code, 0, stdout + stderr);
  const second = JSON.parse(/^second (.*)$/m.exec(stdout)?.[1] ?? '{}') as {
    took: number;
    done: string[];
    failed: [id: string, message: string][];
    counts: unknown[];
  };
  assert.ok(second.took > 10_000, `${second.took} ms`);
  assert.deepEqual(second.done, ['lenient']);
  assert.deepEqual(
    second.failed.map(([id]) => id),
    ['strict'],
  );
  // By its own deadline, with the cause: the collector's limit would say no more than that it has passed.
  assert.match(second.failed[0]?.[1] ?? '', /not acknowledged within deliveryTimeout \(4000 ms\)/);
  assert.deepEqual(second.counts, [
    { count: 2, failed: 0 },
    { count: 1, failed: 1 },
  ]);
});
