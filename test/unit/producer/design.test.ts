import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const root = new URL('../../../', import.meta.url);
const sources = ['src/producer/', 'src/transport/', 'src/'].map((folder) => new URL(folder, root));

/** The lists behind `<!-- path -->`, for one: each line names a file, and the methods or functions of it that it speaks of. */
function steps(
  list: 'path' | 'spool' | 'leader',
): { readonly file: string; readonly names: readonly string[] }[] {
  const design = readFileSync(new URL('DESIGN.md', root), 'utf8');
  const [, section = ''] = design.split(`<!-- ${list} -->`);
  const [lists = ''] = section.split('\n### ');
  return [...lists.matchAll(/^\d+\. `([a-z-]+\.ts)` ([^:]*):/gm)].map(([, file = '', names = '']) => ({
    file,
    names: [...names.matchAll(/`([#\w]+)`/g)].map(([, name = '']) => name),
  }));
}

function source(file: string): string {
  const folder = sources.find((folder) => existsSync(new URL(file, folder)));
  assert.ok(folder, `${file} exists`);
  return readFileSync(new URL(file, folder), 'utf8');
}

// The calls were hidden in 19 functions that the stages handed each other, and nobody could follow a record.
describe("a record's path in DESIGN.md", () => {
  it('names files and functions that are there', () => {
    const all = [...steps('path'), ...steps('spool'), ...steps('leader')];
    assert.ok(all.length >= 32, `${all.length} steps`);
    for (const { file, names } of all) {
      const text = source(file);
      assert.ok(names.length > 0, `${file} has a function`);
      for (const name of names)
        assert.match(
          text,
          new RegExp(`^ *(export )?(async )?(function |get )?${name}\\(`, 'm'),
          `${file} ${name}`,
        );
    }
  });

  it('goes down along imports', () => {
    const seen: string[] = [];
    for (const { file } of steps('path')) {
      const isOfTransport = existsSync(new URL(file, sources[1]));
      const imported = seen.some((caller) => source(caller).includes(`from './${file}'`));
      if (seen.length > 0 && !isOfTransport) assert.ok(imported, `${file} is imported by a file before it`);
      if (!seen.includes(file)) seen.push(file);
    }
  });
});
