import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tempFolder } from '../../../support/temp.ts';
import { demoFlow } from './flow.ts';

/** A served folder with a secret beside it, reachable only by leaving the folder. */
function site(): string {
  const folder = tempFolder();
  const root = join(folder, 'site');
  mkdirSync(join(root, 'sub'), { recursive: true });
  writeFileSync(join(root, 'index.html'), '<h1>Hello</h1>');
  writeFileSync(join(root, 'style.css'), 'h1 {}');
  writeFileSync(join(root, 'sub', 'index.html'), 'sub');
  writeFileSync(join(root, 'notes.ts'), 'source');
  writeFileSync(join(root, '.env.json'), '"hidden"');
  writeFileSync(join(folder, 'secret.json'), '"secret"');
  symlinkSync(join(folder, 'secret.json'), join(root, 'link.json'));
  return root;
}

/** `fetch` tidies paths up before it sends them: this does not. */
function get(
  origin: string,
  path: string,
  method = 'GET',
): Promise<{ status: number; type: string; body: string }> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body });
      });
    })
      .on('error', reject)
      .end();
  });
}

describe('HTTP source: static files', () => {
  it('serves a folder beside the events', async (t) => {
    const { origin } = await demoFlow(t, { settings: { static: site() } });
    const html = { status: 200, type: 'text/html; charset=utf-8', body: '<h1>Hello</h1>' };
    assert.deepEqual(await get(origin, '/'), html);
    assert.deepEqual(await get(origin, '/index.html?x=1'), html);
    assert.deepEqual(await get(origin, '/', 'HEAD'), { ...html, body: '' });
    assert.deepEqual(await get(origin, '/sub/'), { ...html, body: 'sub' });
    assert.equal((await get(origin, '/style.css')).type, 'text/css; charset=utf-8');
    assert.equal((await get(origin, '/collect')).status, 405);
    assert.equal((await get(origin, '/index.html', 'POST')).status, 405);
  });

  const outside = [
    '/../secret.json',
    '/sub/../../secret.json',
    '/%2e%2e/secret.json',
    '/..%2fsecret.json',
    '/..%5csecret.json',
    '/%2e%2e%2fsecret.json',
    '/link.json',
    '/.env.json',
    '/notes.ts',
    '/sub',
    '/missing.html',
    '/index.html%00.css',
    '/%zz.html',
    '//secret.json',
  ];
  for (const path of outside) {
    it(`does not serve ${path}`, async (t) => {
      const { origin } = await demoFlow(t, { settings: { static: site() } });
      const { status, body } = await get(origin, path);
      assert.equal(status, 404, body);
    });
  }
});
