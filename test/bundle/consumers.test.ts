import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { allRefusals, refusals, sources, unexplained } from '../support/types/configs.ts';
import { Editor } from '../support/types/editor.ts';
import { storedWhole, wholeEvent } from './support/event.ts';
import { environment, expectProgram } from './support/program.ts';
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
          timeoutMs: 180_000,
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

  it('TypeScript, ESM and CommonJS: wrong settings are underlined, and hovering explains each', async () => {
    const { folder } = await project();
    const path = (name: string): string => join(folder, name);
    const files = ['mts', 'cts'].flatMap((extension) =>
      Object.entries(sources).map(([name, source]) => [path(`${name}.${extension}`), source] as const),
    );
    const editor = new Editor(new Map(files), { types: ['node'], exactOptionalPropertyTypes: true });
    for (const extension of ['mts', 'cts']) {
      const file = (name: keyof typeof sources): string => path(`${name}.${extension}`);
      assert.deepEqual(editor.underlined(file('good-by-helper')), []);
      assert.deepEqual(editor.underlined(file('good-by-hand')), []);
      assert.deepEqual(refusals(editor, file('wrong-by-helper')), allRefusals);
      assert.deepEqual(unexplained(editor, file('every-setting')), []);
    }
  });
});
