import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firstDifference, outdated, pages } from '../../scripts/docs.ts';

describe('documentation', () => {
  it('says what the schemas and examples say; otherwise run "npm run docs"', async () => {
    // The API page takes the compiler seconds: the part package has it, with all others.
    assert.deepEqual(await outdated(pages.filter(({ marker }) => marker !== 'api')), []);
  });

  it('tells where a page is out of date', () => {
    assert.equal(firstDifference('a\nb\nc', 'a\nB\nc'), 'line 2\n  is:        b\n  should be: B');
    assert.equal(firstDifference('a', 'a\nb'), 'line 2\n  is:        (nothing)\n  should be: b');
    assert.equal(firstDifference('a\nb', 'a'), 'line 2\n  is:        b\n  should be: (nothing)');
  });
});
