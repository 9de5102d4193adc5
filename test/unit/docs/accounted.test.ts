import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { pages as generatedPages } from '../../../scripts/docs.ts';
import { claims, covers, isClaimed } from '../../support/docs/claims.ts';
import { isAdmitted } from '../../support/docs/commands.ts';
import { allBlocks, blocksIn, placeOf, root, type Block } from '../../support/docs/pages.ts';

const examples = globSync('examples/**/*.{sql,py,java,json,properties,xml}', { cwd: root }).map((file) =>
  readFileSync(`${root}${file}`, 'utf8'),
);

/** What stands in a file of examples/, which test/downstream runs, word for word. */
const isExample = ({ text }: Block): boolean => examples.some((file) => file.includes(text.trim()));

/** Generated, claimed, an example, said to be run by no test, or of a language that a test beside this one takes as a whole. */
function isAccountedFor(block: Block): boolean {
  const { page, generated, language } = block;
  if (generated !== undefined)
    return generatedPages.some(({ file, marker }) => file === page && marker === generated);
  if (['ts', 'json', 'sh'].includes(language)) return true;
  return isClaimed(block) || isExample(block) || isAdmitted(block.text, page);
}

describe('every block of README.md and docs/', () => {
  const blocks = allBlocks();

  it('is accounted for by a test', () => {
    assert.ok(blocks.length > 60, 'blocks are found');
    const left = blocks.filter((block) => !isAccountedFor(block));
    assert.deepEqual(
      left.map((block) => `${placeOf(block)} (${block.language || 'no language'})`),
      [],
      'Run or compare it in a test and claim it in test/support/docs/claims.ts',
    );
  });

  it('that is claimed exists, and the test that claims it asks for it', () => {
    for (const claim of claims) {
      const { test, page } = claim;
      assert.ok(existsSync(`${root}${test}`), test);
      const asks = ['blocksFor(import.meta.filename)', `fenced('${page.replace('docs/', '')}'`];
      const code = readFileSync(`${root}${test}`, 'utf8');
      assert.ok(
        asks.some((ask) => code.includes(ask)),
        test,
      );
      for (const language of claim.languages)
        assert.ok(
          blocks.some((block) => block.language === language && covers(claim, block)),
          `${test} claims ${language} of ${page}, and there is none`,
        );
    }
  });
});

describe('a page', () => {
  it('is read as its blocks', () => {
    const page = [
      '# Title',
      'Words:',
      '```sh',
      'npm test # all',
      '```',
      '<!-- x:start -->',
      '```',
      '| a |',
      '```',
      '<!-- x:end -->',
      '## Part',
      '1. in a list',
      '',
      '   ```json title',
      '   1',
      '   ```',
    ];
    const none = { heading: 'Title', generated: undefined };
    assert.deepEqual(blocksIn('a.md', page.join('\n')), [
      { ...none, page: 'a.md', line: 3, before: 'Words:', language: 'sh', text: 'npm test # all' },
      { ...none, page: 'a.md', line: 7, before: '', generated: 'x', language: '', text: '| a |' },
      {
        ...none,
        page: 'a.md',
        line: 14,
        before: '1. in a list',
        language: 'json',
        text: '   1',
        heading: 'Part',
      },
    ]);
    assert.throws(() => blocksIn('b.md', '```sh\nnpm test'), /b\.md, line 1: the block has no end/);
  });
});
