import { readFile, realpath } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import type { Answer } from './answer.ts';

/** Other files are not served: a folder may hold sources, maps or notes that are nobody's business. */
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/**
 * Finds a file of a folder by the path of a URL; undefined for whatever is outside it, hidden, or of an unknown type.
 * The real path decides, so neither `..`, nor an escaped slash, nor a link leads out of the folder.
 */
export async function findFile(folder: string, urlPath: string): Promise<Answer | undefined> {
  const path = decode(urlPath);
  if (path === undefined || path.includes('\0') || path.split(/[\\/]/).some((part) => part.startsWith('.'))) {
    return undefined;
  }
  const wanted = path.endsWith('/') ? `${path}index.html` : path;
  const type = types[extname(wanted).toLowerCase()];
  if (type === undefined) return undefined;
  try {
    const root = await realpath(resolve(folder));
    const file = await realpath(join(root, wanted));
    if (!file.startsWith(root + sep)) return undefined;
    const headers = {
      'content-type': type,
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
    };
    const body = await readFile(file);
    return { status: 200, headers: { ...headers, 'content-length': body.length }, body };
  } catch {
    return undefined;
  }
}

function decode(urlPath: string): string | undefined {
  try {
    return decodeURIComponent(urlPath);
  } catch {
    return undefined;
  }
}
