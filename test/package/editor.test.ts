import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { root } from '../support/docs/pages.ts';
import { allRefusals, refusals, shownOf, sources, unexplained } from '../support/types/configs.ts';
import { Editor } from '../support/types/editor.ts';

/** By the sources; test/bundle/consumers.test.ts asks the same of what is installed. */
describe('settings in an editor', () => {
  const file = (name: keyof typeof sources): string => `${root}${name}.ts`;
  const editor = new Editor(
    new Map(Object.entries(sources).map(([name, source]) => [`${root}${name}.ts`, source])),
    {
      types: ['node'],
      allowImportingTsExtensions: true,
      paths: { 'walkeros-destination-kafka': [`${root}src/index.ts`] },
    },
  );

  it('compile as they are meant, by kafkaDestination and by hand', () => {
    assert.deepEqual(editor.underlined(file('good-by-helper')), []);
    assert.deepEqual(editor.underlined(file('good-by-hand')), []);
  });

  it('are underlined where they are wrong, each mistake at its place', () => {
    assert.ok(allRefusals.length >= 20);
    assert.deepEqual(refusals(editor, file('wrong-by-helper')), allRefusals);
  });

  // startFlow takes `Destination.Init<any>`: of what is ours it checks nothing. Should this fail, then it checks more, and the
  // helper may no longer be needed.
  it('pass with their mistakes where they are written by hand', () => {
    assert.deepEqual(refusals(editor, file('wrong-by-hand')), [
      'a misspelt field of a rule: setting',
      'config.timeout as text: timeout',
      'config.batch as text: batch',
      'a misspelt field of config: breakers',
    ]);
  });

  it('tell when hovered over what they mean and what their default is', () => {
    const shown = (path: string) => shownOf(editor, file('every-setting'), path);
    assert.equal(
      shown('settings.kafka.connectionTimeout'),
      'Longest wait for a connection to one broker, in ms, before the next is tried.\n@default 1000',
    );
    assert.equal(
      shown('rule.topic'),
      'Topic of these events; wins over `settings.kafka.topic`, and has its forms.',
    );
    assert.equal(
      shown('setup.topics.chosen.numPartitions'),
      'Partitions of this topic. Default: `setup.numPartitions`.',
    );
    assert.deepEqual(unexplained(editor, file('every-setting')), []);
  });
});
