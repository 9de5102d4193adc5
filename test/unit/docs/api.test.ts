import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as dev from '../../../src/dev.ts';
import * as examples from '../../../src/examples/index.ts';
import * as main from '../../../src/index.ts';
import { textOf } from '../../support/docs/pages.ts';

/** As scripts/docs.ts wrote it; `npm run test:package` compares it with what the compiler says now. */
const text = textOf('docs/api.md');

/** What is under a heading of the second level. */
const part = (heading: string): string => text.split(`## \`${heading}\`\n`)[1]?.split(/^## /m)[0] ?? '';

describe('docs/api.md', () => {
  const entries = { '': main, '/dev': dev, '/examples': examples };
  for (const [path, module] of Object.entries(entries)) {
    it(`shows every name of walkeros-destination-kafka${path} that is there at run time`, () => {
      const headings = [...part(`walkeros-destination-kafka${path}`).matchAll(/^### `(.*)`$/gm)];
      const shown = headings.map(([, name = '']) => name);
      assert.ok(shown.length > 0);
      assert.deepEqual(
        Object.keys(module).filter((name) => !shown.includes(name)),
        [],
      );
    });
  }

  it('shows types as users see them: those of the settings written out, the others by their names', () => {
    assert.match(
      text,
      /^type Settings = \{\n {2}kafka: \{\n {4}brokers: string\[\];\n {4}topic: TopicSetting;\n {4}clientId\?: string;/m,
    );
    assert.match(text, /^type Types = Destination\.Types<Settings, RuleSettings, Env, Settings, Setup>;$/m);
    assert.match(text, /^declare function kafkaHealth\(\): KafkaHealth\[\];$/m);
    assert.match(
      text,
      /^ {2}constructor\(code: ErrorCode, message: string \| readonly string\[\], options\?: KafkaErrorOptions\);$/m,
    );
    assert.match(text, /^interface SimulatedMessage \{$/m);
  });

  it('tells what a method does and throws', () => {
    const setup = text.split('#### `destinationKafka.setup(context)`\n')[1]?.split('####')[0] ?? '';
    assert.match(setup, /creates the topics of `config\.setup`/);
    assert.match(setup, /Throws KafkaError SETTINGS_INVALID/);
  });
});
