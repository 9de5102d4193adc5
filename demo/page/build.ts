import { join } from 'node:path';
import { build } from 'esbuild';

/** The folder to serve: pages and styles as they are, scripts in dist/. */
export const pageFolder = import.meta.dirname;

/** Bundles the shop's tag (collector and browser source in it) and the live view. Takes a fraction of a second. */
export async function buildPage(): Promise<void> {
  await build({
    entryPoints: {
      tag: join(pageFolder, 'shop', 'tag.ts'),
      live: join(pageFolder, 'live', 'live.ts'),
      theme: join(pageFolder, 'theme.ts'),
    },
    outdir: join(pageFolder, 'dist'),
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  });
}
