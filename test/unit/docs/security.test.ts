import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { describe, it } from 'node:test';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { fenced } from '../../support/docs/fenced.ts';
import { filledSettings } from '../../support/docs/filled-settings.ts';
import { sourceSentences } from '../../support/docs/source-sentences.ts';
import { root, textOf } from '../../support/docs/pages.ts';

const settings = fenced('security.md', 'json').map((block) => filledSettings(JSON.parse(block)));
const outputs = fenced('security.md', 'text').map((block) => block.trim());
const page = textOf('docs/security.md');

/** What is said of settings at the start: the refusal, or the warnings. */
function said(given: unknown): string {
  try {
    return resolveOptions(given, { environment: {} }).warnings.join('\n');
  } catch (thrown) {
    assert.ok(thrown instanceof KafkaError && thrown.code === 'SETTINGS_INVALID');
    return thrown.message;
  }
}

describe('docs/security.md', () => {
  it('shows settings that are taken without a word', () => {
    const good = settings.slice(0, -2);
    assert.equal(good.length, 9);
    assert.deepEqual(
      good.map(said),
      good.map(() => ''),
    );
  });

  it('shows what is said of settings that are refused, and of those that are warned about', () => {
    assert.deepEqual(settings.slice(-2).map(said), outputs);
  });

  it('names messages of missing rights that are in the sources', () => {
    const rights = page.split('| message without it')[1]?.split('\n\n')[0] ?? '';
    const messages = [...rights.matchAll(/`([^`|]+)` +\|$/gm)].map(([, message = '']) => message);
    assert.ok(messages.length >= 14, 'the table is found');
    const sentences = sourceSentences();
    assert.deepEqual(
      messages.filter((message) => !sentences.includes(message)),
      [],
    );
  });

  it('names tests that there are', () => {
    const files = [...page.matchAll(/`(test\/[\w/-]+\.test\.ts)`/g)].map(([, file = '']) => file);
    const tests = globSync('test/**/*.test.ts', { cwd: root });
    assert.ok(files.length > 5);
    assert.deepEqual(
      files.filter((file) => !tests.includes(file)),
      [],
    );
  });
});
