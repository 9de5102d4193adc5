import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { describe, it } from 'node:test';
import { isClaimed, isJudged } from '../../support/docs/claims.ts';
import { problemsOf } from '../../support/docs/configuration.ts';
import { allBlocks, placeOf, root, type Block } from '../../support/docs/pages.ts';

const examples = globSync('examples/**/*.json', { cwd: root }).map(
  (file) => JSON.parse(readFileSync(`${root}${file}`, 'utf8')) as unknown,
);
const isExample = ({ text }: Block): boolean =>
  examples.some((example) => isDeepStrictEqual(example, JSON.parse(text)));

/**
 * What a page shows is copied. A flow that the package refuses at its start, or warns of, would be the reader's first sight of it.
 */
describe('JSON of README.md and docs/', () => {
  const blocks = allBlocks().filter(
    (block) => block.language === 'json' && block.generated === undefined && !isJudged(block),
  );

  for (const block of blocks) {
    it(`${placeOf(block)} holds by the rules, or is what a test compares`, () => {
      const problems = problemsOf(block.text);
      if (problems !== undefined) assert.deepEqual(problems, []);
      else
        assert.ok(
          isClaimed(block) || isExample(block),
          'no configuration, no example, and no test claims it',
        );
    });
  }
});

describe('a piece of configuration', () => {
  const problems = (text: string): string => problemsOf(text)?.join('\n') ?? 'no configuration';

  it('is judged by the rules, whole or in part', () => {
    assert.equal(problems('"value": { "format": "json" }'), '');
    assert.equal(problems('"setup": { "numPartitions": 6, "replicationFactor": 3 }'), '');
    assert.match(problems('"setup": { "numPartitions": 6 }'), /replicationFactor/);
    assert.match(problems('{ "settings": { "kafka": { "brokers": [], "topic": "a" } } }'), /kafka\.brokers/);
    assert.match(problems('"kafka": { "compresion": "gzip" }'), /compresion.*compression/);
    const rule = '{ "order": { "complete": { "settings": { "topic": "" } } } }';
    assert.match(problems(`"mapping": ${rule}`), /mapping\.order\.complete\.settings\.topic/);
    const flow = {
      destinations: { k: { package: 'walkeros-destination-kafka', config: { settings: { spool: {} } } } },
    };
    assert.match(problems(JSON.stringify({ version: 4, flows: { default: flow } })), /spool\.path/);
  });

  it('is none where it is something else', () => {
    for (const text of ['[{ "id": "kafka" }]', '{ "type": "record" }', 'kafka: 1'])
      assert.equal(problemsOf(text), undefined, text);
  });
});
