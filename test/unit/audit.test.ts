import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { verdictOf } from '../../scripts/audit.ts';

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

describe('npm audit', () => {
  it('is clean where the registry knows of nothing', () => {
    const output =
      'npm warn config\n{"vulnerabilities":{},"metadata":{"vulnerabilities":{"low":0,"total":0}}}\n';
    assert.equal(verdictOf(output).kind, 'clean');
  });

  it('names what is vulnerable', () => {
    const report = { vulnerabilities: { zod: {} }, metadata: { vulnerabilities: { total: 1 } } };
    assert.deepEqual(verdictOf(JSON.stringify(report)), {
      kind: 'vulnerable',
      text: '1 known vulnerabilities: zod. See npm audit --omit=dev.',
    });
  });

  for (const output of ['', 'npm error 405', '{"error":{"summary":"audit endpoint returned an error"}}']) {
    it(`claims nothing where the registry says nothing: ${output}`, () => {
      assert.equal(verdictOf(output).kind, 'unknown');
    });
  }
});

it('every production dependency is listed with its size and reason', () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const listed = [...read('docs/decisions/0010-dependencies.md').matchAll(/^\| `([^`]+)` +\|([^\n]+)\|$/gm)];
  assert.deepEqual(listed.map(([, name]) => name).sort(), Object.keys(dependencies).sort());
  for (const [, name = '', row = ''] of listed) {
    const cells = row.split('|').map((cell) => cell.trim());
    assert.equal(cells.length, 3, name);
    assert.ok(
      cells.every((cell) => cell.length > 0),
      name,
    );
    assert.match(cells[1] ?? '', /\d MB$/, name);
  }
});
