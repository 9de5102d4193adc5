import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** All sentences of the sources, put together from their parts, with `…` for what differs. */
export function sourceSentences(): string {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  return globSync('src/**/*.ts', { cwd: root })
    .map((file) => readFileSync(`${root}${file}`, 'utf8'))
    .join('\n')
    .replace(/['`]\s*\+\s*['`]/g, '')
    .replace(/\$\{[^{}]*(\{[^{}]*\}[^{}]*)*\}/g, '…');
}
