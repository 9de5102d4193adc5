import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { storedWhole, wholeEvent } from './support/event.ts';
import { environment, expectProgram, runProgram } from './support/program.ts';
import { nodeMajors, project } from './support/project.ts';
import { storedTexts } from './support/stored.ts';

describe('consumers of the installed package', { concurrency: 2 }, () => {
  for (const format of ['mjs', 'cjs']) {
    for (const major of nodeMajors) {
      it(`${format === 'mjs' ? 'ESM' : 'CommonJS'} on Node ${major}, with both clients, ends by itself`, async () => {
        const { brokers } = await sharedBroker();
        const { folder, nodes } = await project();
        const topic = await freshTopic(`consumer-${format}-${major}`);
        const script = join(folder, `consumer-${major}.${format}`);
        copyFileSync(join(import.meta.dirname, 'fixtures', `consumer.${format}`), script);
        const settings = {
          one: { brokers, topic, client: 'platformatic' },
          two: { brokers, topic, client: 'kafkajs' },
        };
        const args = [script, JSON.stringify(settings), JSON.stringify(wholeEvent(format))];
        const { stdout, stderr } = await expectProgram(nodes[major], args, {
          cwd: folder,
          env: environment(),
          timeoutMs: 60_000,
        });
        assert.deepEqual(JSON.parse(stdout), {
          ok: true,
          done: ['one', 'two'],
          // Asked by the copy of the package that the flow does not have.
          healths: ['one', 'two'],
          exports: ['function', true, 'function'],
          dev: ['object', ['env', 'step']],
          steps: ['defaultEvent', 'keyFromUserId', 'mappedPayload', 'renamedEvent', 'topicOverride'],
          schema: 'object',
        });
        assert.equal(stderr, '');
        assert.deepEqual(await storedTexts(brokers, topic, 2), [storedWhole(format), storedWhole(format)]);
      });
    }
  }

  it('TypeScript: the flow type-checks as ESM and as CommonJS, and a wrong setting does not', async () => {
    const { folder } = await project();
    const cwd = mkdtempSync(join(folder, 'types-'));
    const flow = (acks: string) => `
      import { startFlow } from '@walkeros/collector';
      import { destinationKafka, KafkaError, type Settings } from 'walkeros-destination-kafka';
      const settings: Settings = { kafka: { brokers: ['kafka1:9092'], topic: 'events', acks: ${acks} } };
      export const flow = () => startFlow({ destinations: { kafka: { code: destinationKafka, config: { settings } } } });
      export const isMissing = (error: unknown): boolean => error instanceof KafkaError && error.code === 'TOPIC_MISSING';`;
    writeFileSync(join(cwd, 'good.mts'), flow('-1'));
    writeFileSync(join(cwd, 'good.cts'), flow('-1'));
    writeFileSync(join(cwd, 'bad.mts'), flow('"all"'));
    const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--skipLibCheck', '--target', 'es2023'];
    const files = ['good.mts', 'good.cts', 'bad.mts'];
    const { code, stdout } = await runProgram(
      process.execPath,
      [join(typescript, 'bin', 'tsc'), ...options, ...files],
      { cwd },
    );
    assert.notEqual(code, 0);
    assert.deepEqual(stdout.match(/^\S+(?=: error)/gm), ['bad.mts(4,88)']);
  });
});
