import { join } from 'node:path';
import { build } from 'esbuild';

/** The folder to serve: index.html and style.css as they are, the tag in dist/. */
export const pageFolder = import.meta.dirname;

/** Bundles tag.ts, with the collector and the browser source in it, for the page. Takes a fraction of a second. */
export async function buildPage(): Promise<void> {
  await build({
    entryPoints: [join(pageFolder, 'tag.ts')],
    outfile: join(pageFolder, 'dist', 'tag.js'),
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  });
}
