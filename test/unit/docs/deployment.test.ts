import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { validate } from 'dockerfile-utils';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';
import { blocksFor } from '../../support/docs/claims.ts';
import { root, textOf } from '../../support/docs/pages.ts';
import { tempFolder } from '../../support/temp.ts';

const page = textOf('docs/deployment.md');
const the = (language: string): string =>
  blocksFor(import.meta.filename).find((block) => block.language === language)?.text ?? '';

/** The command with which the flow is run, word for word; here without the folder that Node is in. */
const run = 'node --import ./telemetry.mjs node_modules/.bin/walkeros run dist/flow.mjs --port 8080';
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

describe('docs/deployment.md', () => {
  it('runs the same command by hand, under systemd and in a container', () => {
    assert.ok(page.includes(`\n\`\`\`sh\n${run}\n`));
    assert.match(the('ini'), new RegExp(`^ExecStart=/usr/bin/${run}$`, 'm'));
    const [, words = '[]'] = /^CMD (.*)$/m.exec(the('dockerfile')) ?? [];
    assert.deepEqual(JSON.parse(words), run.split(' '));
  });

  it(
    'has a unit that systemd takes',
    { skip: !hasSystemd && 'there is no systemd-analyze (Debian: apt-get install systemd)' },
    () => {
      const file = join(tempFolder(), 'walkeros.service');
      writeFileSync(file, the('ini').replace('/usr/bin/node', process.execPath));
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], {
        encoding: 'utf8',
      });
      assert.deepEqual([status, stderr], [0, '']);
    },
  );

  it('has a Dockerfile without a fault', () => {
    assert.match(the('dockerfile'), /^FROM node:/);
    assert.deepEqual(validate(the('dockerfile')), []);
  });

  it("has manifests that fit Kubernetes' own schemas", () => {
    const manifests = parseAllDocuments(the('yaml')).map((document) => {
      assert.deepEqual([...document.errors, ...document.warnings], []);
      return document.toJS() as Manifest;
    });
    assert.deepEqual(
      manifests.map(({ kind }) => kind),
      ['Service', 'StatefulSet'],
    );
    assert.deepEqual(validationErrors(manifests), []);
  });
});

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

/** What the types made of Kubernetes' OpenAPI say: names that there are not, values of another type, what is missing. */
function validationErrors(manifests: readonly Manifest[]): string[] {
  const file = `${root}manifests.ts`;
  const text = manifests.map((manifest, index) => {
    const path = manifest.apiVersion.includes('/') ? manifest.apiVersion : `core/${manifest.apiVersion}`;
    const type = `import('kubernetes-types/${path}').${manifest.kind}`;
    return `export const manifest${index}: ${type} = ${JSON.stringify(manifest)};`;
  });
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    types: [],
    skipLibCheck: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const disk = ts.createCompilerHost(options);
  const program = ts.createProgram([file], options, {
    ...disk,
    fileExists: (path) => path === file || disk.fileExists(path),
    getSourceFile: (path, language, ...rest) =>
      path === file
        ? ts.createSourceFile(path, text.join('\n'), language)
        : disk.getSourceFile(path, language, ...rest),
  });
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
