import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiText } from '../../scripts/docs/api.ts';
import * as dev from '../../src/dev.ts';
import * as examples from '../../src/examples/index.ts';
import * as main from '../../src/index.ts';

const text = apiText();

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
      /^type Settings = \{ kafka: \{ brokers: string\[\]; topic: string; clientId\?: string;/m,
    );
    assert.match(text, /^type Types = Destination\.Types<Settings, RuleSettings, Env, Settings, Setup>;$/m);
    assert.match(text, /^declare function kafkaHealth\(\): KafkaHealth\[\];$/m);
    assert.match(text, /^constructor\(code: ErrorCode, message: string, options\?: KafkaErrorOptions\);$/m);
    assert.match(text, /^interface SimulatedMessage \{$/m);
  });

  it('tells what a method does and throws', () => {
    const setup = text.split('#### `destinationKafka.setup(context)`\n')[1]?.split('####')[0] ?? '';
    assert.match(setup, /creates the topics of `config\.setup`/);
    assert.match(setup, /Throws KafkaError SETTINGS_INVALID/);
  });
});
