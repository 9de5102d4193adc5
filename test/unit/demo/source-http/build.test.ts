import assert from 'node:assert/strict';
import { readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { it } from 'node:test';
import { buildSourceHttp } from '../../../../demo/source-http/build.ts';
import { tempFolder } from '../../../support/temp.ts';

it('HTTP source: builds into a package that Node can import from node_modules', async () => {
  const folder = tempFolder();
  // Its one dependency, as installed here.
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'), 'dir');
  await buildSourceHttp(folder);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    exports: Record<string, string>;
  };
  const entry = join(folder, manifest.exports['.'] ?? '');
  const built = (await import(pathToFileURL(entry).href)) as Record<string, unknown>;
  assert.deepEqual(Object.keys(built), ['default', 'sourceHttp']);
  assert.equal(built.default, built.sourceHttp);
});
