import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).sort();
const text = (page: string): string => readFileSync(join(root, page), 'utf8').replace(/^```.*?^```$/gms, '');

/** The anchors that GitHub gives to the headings of a page. */
const anchors = (page: string): string[] =>
  [...text(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Why a link leads nowhere; none where it does lead somewhere. */
function broken(page: string, link: string): string[] {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? page : join(dirname(page), file);
  if (!existsSync(join(root, path))) return [`${page}: ${link}: no such file`];
  if (anchor === undefined || anchors(path).includes(anchor)) return [];
  return [`${page}: ${link}: no such heading`];
}

describe('links of the documentation', () => {
  it('lead to files and headings that are there', () => {
    const links = pages.flatMap((page) =>
      [...text(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => ({ page, link })),
    );
    assert.ok(links.length > 60, 'links are found');
    assert.deepEqual(
      links.flatMap(({ page, link }) => broken(page, link)),
      [],
    );
  });

  it('lead from the README to every guide', () => {
    const guides = globSync('docs/*.md', { cwd: root });
    const readme = text('README.md');
    assert.deepEqual(
      guides.filter((guide) => !readme.includes(`](${guide})`)),
      [],
    );
  });
});
