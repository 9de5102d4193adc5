import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deadLetterHeaders } from '../../../src/model/record.ts';
import { textOf } from '../../support/docs/pages.ts';

describe('docs/reliability.md', () => {
  // Consumers of the dead-letter topic read these by name, and no page had them.
  it('names the headers of a dead letter', () => {
    const table =
      textOf('docs/reliability.md').split('## Headers of a dead letter')[1]?.split('\n## ')[0] ?? '';
    const named = [...table.matchAll(/^\| `([\w-]+)` +\|/gm)].map(([, name]) => name);
    assert.deepEqual(named, Object.values(deadLetterHeaders));
  });
});
