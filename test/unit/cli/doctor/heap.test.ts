import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { heapVerdicts } from '../../../../src/cli/doctor/checks/heap.ts';

const mebibyte = 2 ** 20;
const statuses = (limit: number, flags = '') =>
  heapVerdicts(limit * mebibyte, flags).map(({ status }) => status);

/** In a container of 512 MB Node gives each semi-space 1 MiB, and a flow took three times the CPU. Nothing said so. */
describe('doctor where the heap is small', () => {
  it('warns of what Node chooses in a container of 512 MB, and says what to set', () => {
    assert.deepEqual(heapVerdicts(259 * mebibyte, ''), [
      {
        status: 'warning',
        message:
          "Node's heap limit is 259 MiB here, and its young generation is as small: garbage collection takes up to two thirds of the CPU of an event.",
        fix: 'Set NODE_OPTIONS=--max-semi-space-size=32 where the flow runs; it takes about 60 MiB more (docs/performance.md, "Small heaps").',
      },
    ]);
  });

  it('says nothing of a heap that is large enough, or that was chosen by hand', () => {
    assert.deepEqual(statuses(560), []);
    assert.deepEqual(statuses(4_288), []);
    assert.deepEqual(statuses(259, '--enable-source-maps --max-semi-space-size=32'), []);
    assert.deepEqual(statuses(259, '--max_semi_space_size=32'), []);
    assert.deepEqual(statuses(320, '--max-old-space-size=128'), []);
  });

  it('sees the heap, and the flags, of its own process', () => {
    const file = new URL('../../../../src/cli/doctor/checks/heap.ts', import.meta.url).href;
    const code = `import(${JSON.stringify(file)}).then(({ heap }) => console.log(heap().length))`;
    const seen = (flag: string, options = '') =>
      execFileSync(process.execPath, [flag, '-e', code], {
        encoding: 'utf8',
        env: { ...process.env, NODE_OPTIONS: options },
      }).trim();
    assert.deepEqual(
      [
        seen('--max-heap-size=256'),
        seen('--max-heap-size=256', '--max-semi-space-size=32'),
        seen('--max-heap-size=900'),
      ],
      ['1', '0', '0'],
    );
  });
});
