import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = import.meta.dirname;

/**
 * Builds the source as a package that a flow.json can name: `"bundle": { "packages": { "walkeros-demo-source-http":
 * { "path": "<folder>" } } }`. Bundled flows keep packages in node_modules, and there Node strips no types.
 */
export async function buildSourceHttp(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (folder !== here) await copyFile(join(here, 'package.json'), join(folder, 'package.json'));
  await build({
    entryPoints: [join(here, 'index.ts')],
    outfile: join(folder, 'dist', 'index.mjs'),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node22.22',
    logLevel: 'warning',
  });
}

/** `npm run demo:source`: builds it where it stands. */
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildSourceHttp(here);
