import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { root } from '../../support/docs/pages.ts';

/** Bits per character. */
const entropy = (text: string): number => {
  const counts = [...new Set(text)].map((character) => text.split(character).length - 1);
  return -counts.reduce((sum, count) => sum + (count / text.length) * Math.log2(count / text.length), 0);
};

/** As `walkeros run` does with each word of a log line: 20 characters or more that look random to it become `***`. */
const isMasked = (word: string): boolean => word.length >= 20 && entropy(word) >= 4;

describe('a sentence of the sources', () => {
  // "not acknowledged within *** (30000 ms)" was all that the log said of settings.kafka.deliveryTimeout.
  it('names no setting by a path that `walkeros run` masks in the log', () => {
    const named = globSync('src/**/*.ts', { cwd: root }).flatMap((file) =>
      readFileSync(`${root}${file}`, 'utf8')
        .split('\n')
        .filter((line) => !/^\s*(\/?\*|\/\/)/.test(line))
        // In the middle of one. A line that begins with a path is a problem of the settings, and the command `doctor` shows it.
        .flatMap((line) => line.match(/(?<=[ (])settings(?:\.[A-Za-z]+)+/g) ?? []),
    );
    assert.ok(named.length > 20, 'settings are found');
    assert.ok(isMasked('settings.kafka.deliveryTimeout'));
    assert.deepEqual(named.filter(isMasked), []);
  });
});
