import { readFileSync } from 'node:fs';
import { extname } from 'node:path';

const languages: Readonly<Record<string, string>> = {
  '.json': 'json',
  '.properties': 'properties',
  '.py': 'python',
  '.sql': 'sql',
};

/** A file of examples/ as a page shows it: the very text that its test runs. */
export const exampleFile = (path: string) => (): string => {
  const text = readFileSync(new URL(`../../examples/${path}`, import.meta.url), 'utf8').trim();
  return `\`\`\`${languages[extname(path)] ?? ''}\n${text}\n\`\`\``;
};
