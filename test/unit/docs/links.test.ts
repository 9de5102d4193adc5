import assert from 'node:assert/strict';
import { existsSync, globSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, it } from 'node:test';
import { ruleSettingsSchema, settingsSchema } from '../../../src/config/schema.ts';
import { fieldsOf } from '../../../src/config/fields.ts';
import { pages, root, textOf } from '../../support/docs/pages.ts';

/** Without its blocks, where # is a comment. */
const prose = (page: string): string => textOf(page).replace(/^\s*```[\s\S]*?^\s*```/gm, '');

/** As GitHub makes them of headings. */
const anchors = (page: string): string[] =>
  [...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

const front = [...pages, 'DESIGN.md', 'CONTRIBUTING.md', 'SECURITY.md'];

describe('README.md, docs/ and the pages beside', () => {
  for (const page of front) {
    it(`${page} leads nowhere that is not there`, () => {
      const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
      const dead = links
        .filter((target) => !/^https?:/.test(target))
        .filter((target) => {
          const [file = '', anchor] = target.split('#');
          const path = file === '' ? page : posix.normalize(posix.join(posix.dirname(page), file));
          if (!existsSync(`${root}${path}`)) return true;
          return anchor !== undefined && !anchors(path).includes(anchor);
        });
      assert.deepEqual(dead, []);
    });
  }

  // Nine images and four tables were missing from it.
  it('lead to what the package has as well, where a page is in the package', () => {
    const { files } = JSON.parse(textOf('package.json')) as { readonly files: readonly string[] };
    const isPacked = (path: string): boolean =>
      ['README.md', 'LICENSE', 'package.json'].includes(path) ||
      files.some((file) => path.startsWith(`${file}/`) || posix.matchesGlob(path, file));
    const holds = (path: string): boolean =>
      isPacked(path) ||
      (statSync(`${root}${path}`).isDirectory() && globSync(`${path}/**`, { cwd: root }).some(isPacked));
    const pagesInside = [...front, ...globSync('docs/**/*.md', { cwd: root })].filter(isPacked);
    const dead = [...new Set(pagesInside)].flatMap((page) =>
      [...textOf(page).matchAll(/\]\(([^)#\s]+)|src(?:set)?="([^"]+)"/g)]
        .map(([, link, image = '']) => link ?? image)
        .filter(
          (target) =>
            !/^https?:/.test(target) && existsSync(`${root}${posix.join(posix.dirname(page), target)}`),
        )
        .filter((target) => !holds(posix.join(posix.dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    assert.deepEqual(dead, []);
  });

  it('name settings that there are', () => {
    const fields = [settingsSchema, ruleSettingsSchema].flatMap((schema) => fieldsOf(schema));
    const known = fields.map(({ path }) => ['settings', ...path].join('.'));
    const named = front.flatMap(
      (page) => prose(page).match(/\bsettings\.(?!(?:md|ts)\b)[a-zA-Z.]+[a-zA-Z]/g) ?? [],
    );
    assert.ok(named.length > 30, 'settings are found');
    // What is in `ssl` is Node's, and no schema of ours lists it.
    const ours = named.filter((name) => !name.startsWith('settings.kafka.ssl.'));
    const strange = [...new Set(ours)].filter((name) => !known.includes(name));
    assert.deepEqual(strange, []);
  });

  it('all guides are linked from README.md', () => {
    const guides = pages.filter((page) => page.startsWith('docs/'));
    assert.deepEqual(
      guides.filter((guide) => !textOf('README.md').includes(`](${guide}`)),
      [],
    );
  });
});
