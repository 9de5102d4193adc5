import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'node:test';
import { errorCodes } from '../../../src/vocabulary/errors.ts';
import { sourceSentences } from '../../support/docs/source-sentences.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = readFileSync(`${root}docs/troubleshooting.md`, 'utf8');
const headings = [...page.matchAll(/^### `(.*)`$/gm)].map(([, heading = '']) => heading);

const sentences = sourceSentences();

describe('docs/troubleshooting.md', () => {
  it('has headings that are messages of the sources', () => {
    assert.ok(headings.length > 30, 'headings are found');
    assert.deepEqual(
      headings.filter((heading) => !sentences.includes(heading)),
      [],
    );
  });

  it('names codes that there are', () => {
    const codes = [...page.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, code = '']) => code);
    const kafka = ['NOT_ENOUGH_REPLICAS'];
    const known: readonly string[] = [...errorCodes, ...kafka];
    assert.deepEqual(
      codes.filter((code) => !known.includes(code)),
      [],
    );
  });
});
