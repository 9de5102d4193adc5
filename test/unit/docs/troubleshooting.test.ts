import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'node:test';
import { errorCodes } from '../../../src/model/errors.ts';
import { kafkaErrors } from '../../../src/protocol/kafka-errors.ts';
import { sourceSentences } from '../../support/docs/source-sentences.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = readFileSync(`${root}docs/troubleshooting.md`, 'utf8');
const headings = [...page.matchAll(/^### (`.*`)$/gm)].flatMap(([, line = '']) =>
  [...line.matchAll(/`([^`]+)`/g)].map(([, heading = '']) => heading),
);

const sentences = sourceSentences();

describe('docs/troubleshooting.md', () => {
  it('has headings that are messages of the sources', () => {
    assert.ok(headings.length > 30, 'headings are found');
    assert.deepEqual(
      headings.filter((heading) => !sentences.includes(heading)),
      [],
    );
  });

  const codes = [...page.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, code = '']) => code);

  it('names codes that there are', () => {
    const known: readonly string[] = [...errorCodes, ...Object.keys(kafkaErrors)];
    assert.deepEqual(
      codes.filter((code) => !known.includes(code)),
      [],
    );
  });

  // Six of them were in no entry: who looked one up found nothing.
  it('names every code that an error can have', () => {
    assert.deepEqual(
      errorCodes.filter((code) => !codes.includes(code)),
      [],
    );
  });
});
